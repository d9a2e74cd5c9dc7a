"""The sixteen functions of Dixon and Maany."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSum
from optlab_problems.forms.elements import Terms


class _Weights(NamedTuple):
    """β, γ, δ and the powers of i/n in the four sums; α is 1."""

    beta: float
    gamma: float
    delta: float
    powers: tuple[int, int, int, int]


COUPLINGS = ((0.0, 0.125, 0.125), (0.0625, 0.0625, 0.0625), (0.125, 0.125, 0.125), (0.26, 0.26, 0.26))
POWERS = ((0, 0, 0, 0), (1, 0, 0, 1), (2, 0, 0, 2), (2, 1, 1, 2))
LETTERS = {
    letter: _Weights(*COUPLINGS[place % 4], POWERS[place // 4]) for place, letter in enumerate("ABCDEFGHIJKLMNOP")
}


@dataclass(frozen=True)
class Dixmaan(ElementSum):
    """A quadratic with couplings of fourth and sixth degree over distances 1, m and 2m.

    1 + Σ wᵃxᵢ² + β Σ wᵇxᵢ²(xᵢ₊₁ + xᵢ₊₁²)² + γ Σ wᶜxᵢ²xᵢ₊ₘ⁴ + δ Σ wᵈxᵢxᵢ₊₂ₘ with w = i/n.

    The sums run over 1 … n, n − 1, 2m and m, with m = ⌊n/3⌋; published for n = 3m. The last, the only one that can
    be negative, is outweighed by the first, so that f is least, 1, at the origin alone. The letters A to D have no
    powers of w; from E on the condition number at the solution grows like n, from I on like n².

    Attributes
    ----------
    n : int
        Number of variables.
    letter : str
        Which weights and powers: "A" to "P".

    Source: Dixon & Maany (1988), report 206 of Hatfield Polytechnic (A to L); Lukšan, Matonoha & Vlček (2010),
    report 1081 (M to P).
    """

    suites = ("scalable",)
    tags = ("nonconvex", "sparse")
    variants = (
        {"n": 3},
        {"n": 10, "letter": "D"},
        {"n": 9, "letter": "A"},
        {"n": 12, "letter": "F"},
        {"n": 12, "letter": "K"},
        {"n": 12, "letter": "P"},
        {"n": 54, "letter": "L"},
    )

    n: Annotated[int, Ge(3)] = 15
    letter: Literal["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P"] = "H"

    @property
    def elements(self) -> tuple[Terms, ...]:
        n, m = self.n, self.n // 3
        near = n - 1 if LETTERS[self.letter].beta else 0
        return (
            Terms(n, ((0, 1),), self._square, self._dsquare, self._d2square, indexed=True),
            Terms(near, ((0, 1), (1, 1)), self._next, self._dnext, self._d2next, indexed=True),
            Terms(2 * m, ((0, 1), (m, 1)), self._quartic, self._dquartic, self._d2quartic, indexed=True),
            Terms(m, ((0, 1), (2 * m, 1)), self._product, self._dproduct, self._d2product, indexed=True),
        )

    def _weight(self, i: Any, sum_: int) -> Any:
        power = LETTERS[self.letter].powers[sum_]
        return ((i + 1.0) / self.n) ** power if power else 1.0

    def _square(self, i: Any, x: Any) -> Any:
        return self._weight(i, 0) * x * x

    def _dsquare(self, i: Any, x: Any) -> tuple[Any]:
        return (2.0 * self._weight(i, 0) * x,)

    def _d2square(self, i: Any, x: Any) -> Entries:
        return {(0, 0): 2.0 * self._weight(i, 0)}

    def _next(self, i: Any, x: Any, y: Any) -> Any:
        p = x * (y + y * y)
        return LETTERS[self.letter].beta * self._weight(i, 1) * p * p

    def _dnext(self, i: Any, x: Any, y: Any) -> tuple[Any, Any]:
        w, q = 2.0 * LETTERS[self.letter].beta * self._weight(i, 1), y + y * y
        return w * x * q * q, w * x * x * q * (1.0 + 2.0 * y)

    def _d2next(self, i: Any, x: Any, y: Any) -> Entries:
        w, q, s = 2.0 * LETTERS[self.letter].beta * self._weight(i, 1), y + y * y, 1.0 + 2.0 * y
        return {(0, 0): w * q * q, (0, 1): 2.0 * w * x * q * s, (1, 1): w * x * x * (s * s + 2.0 * q)}

    def _quartic(self, i: Any, x: Any, y: Any) -> Any:
        p = x * y * y
        return LETTERS[self.letter].gamma * self._weight(i, 2) * p * p

    def _dquartic(self, i: Any, x: Any, y: Any) -> tuple[Any, Any]:
        w = 2.0 * LETTERS[self.letter].gamma * self._weight(i, 2) * x * y * y
        return w * y * y, 2.0 * w * x * y

    def _d2quartic(self, i: Any, x: Any, y: Any) -> Entries:
        w = 2.0 * LETTERS[self.letter].gamma * self._weight(i, 2) * y * y
        return {(0, 0): w * y * y, (0, 1): 4.0 * w * x * y, (1, 1): 6.0 * w * x * x}

    def _product(self, i: Any, x: Any, y: Any) -> Any:
        return LETTERS[self.letter].delta * self._weight(i, 3) * x * y

    def _dproduct(self, i: Any, x: Any, y: Any) -> tuple[Any, Any]:
        w = LETTERS[self.letter].delta * self._weight(i, 3)
        return w * y, w * x

    def _d2product(self, i: Any, x: Any, y: Any) -> Entries:
        return {(0, 1): LETTERS[self.letter].delta * self._weight(i, 3)}

    def value(self, x: Array) -> float:
        f: float = super().value(x)
        return 1.0 + f

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        f, g = super().value_and_gradient(x)
        return 1.0 + f, g

    def start(self) -> Array:
        return np.full(self.n, 2.0)

    def facts(self) -> Facts:
        return Facts(solution=np.zeros(self.n), optimum=1.0, certificate="closed form", convex=False)

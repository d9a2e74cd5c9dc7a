"""One cross entropy in three formulas: what the arithmetic of a loss does to its minimization."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt
from scipy.optimize import brentq

from optlab import numerics
from optlab.core.problem import Array, Facts, ProblemBase
from optlab.numerics import naive
from optlab_problems.forms.sizes import in_memory

PULL = 0.01
"""ρ of the term ½ρ‖x‖² that gives the loss a minimum."""
EPSILON = 1e-8


@dataclass(frozen=True)
class LogitsLoss(ProblemBase):
    """−log softmax(x)_n + ½ρ‖x‖² of n logits, ρ = 0.01, from x = (far, 0, …, 0): confidently wrong.

    It teaches that one function has good and bad formulas. From far = 1000 on the naive one, which takes the
    logarithm of softmax, is NaN at once; with an ε in the logarithm it is finite, but its gradient is zero just where
    the prediction is worst, so that only the pull moves x; the stable one is computed from the logits and goes straight
    to the minimum.

    Attributes
    ----------
    formula : "stable", "naive" or "epsilon"
        From logits; log of softmax as written; log(softmax + 10⁻⁸), softmax shifted by the maximum.
    far : float
        The first logit at the start.
    n : int
        Number of logits.

    Source: Goodfellow, Bengio & Courville (2016), section 4.1.
    """

    suites = ("ml",)
    tags = ("convex", "strictly_convex")
    variants = ({"formula": "naive"}, {"formula": "epsilon"}, {"n": 2}, {"far": 1000.0})

    formula: Literal["stable", "naive", "epsilon"] = "stable"
    far: Annotated[float, Gt(0)] = 5.0
    n: Annotated[int, Ge(2)] = 3

    def __post_init__(self) -> None:
        in_memory(self, self.n, self.n, "n")

    @property
    def label(self) -> Array:
        """y, 1 at the last class."""
        y = np.zeros(self.n)
        y[-1] = 1.0
        return y

    def _probabilities(self, x: Array) -> Any:
        return naive.softmax(x) if self.formula == "naive" else numerics.softmax(x)

    def value(self, x: Array) -> float:
        if self.formula == "stable":
            loss = numerics.cross_entropy(x, self.label)
        else:
            p = self._probabilities(x)[-1]
            loss = -np.log(p + EPSILON) if self.formula == "epsilon" else -np.log(p)
        return loss + 0.5 * PULL * (x @ x)  # type: ignore[no-any-return]  # a number

    def gradient(self, x: Array) -> Array:
        p = self._probabilities(x)
        weight = p[-1] / (p[-1] + EPSILON) if self.formula == "epsilon" else 1.0
        return np.asarray(weight * (p - self.label) + PULL * x)

    def hessian(self, x: Array) -> Array:
        p = self._probabilities(x)
        weight, bend = 1.0, 0.0
        if self.formula == "epsilon":
            weight = p[-1] / (p[-1] + EPSILON)
            bend = -EPSILON * p[-1] / (p[-1] + EPSILON) ** 2
        d = p - self.label
        H = weight * (np.diag(p) - np.outer(p, p)) + bend * np.outer(d, d)
        return np.asarray(H + PULL * np.eye(self.n))

    def start(self) -> Array:
        x = np.zeros(self.n)
        x[0] = self.far
        return x

    def facts(self) -> Facts:
        """The minimum is (−a, …, −a, (n − 1)a), a the probability of a wrong class over ρ."""
        others = self.n - 1

        def excess(a: float) -> float:
            return 1.0 / (others + exp(self.n * a)) - PULL * a

        a = float(brentq(excess, 0.0, 1.0 / PULL, xtol=1e-15))
        x = np.full(self.n, -a)
        x[-1] = others * a
        if self.formula == "epsilon":  # nearly the same, the ε aside
            return Facts(convex=True)
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True)

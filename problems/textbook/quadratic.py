"""A convex quadratic with a prescribed spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError
from optlab.kernels.orthogonal import orthogonal

PLANE = 2
"""At this n plain floats are several times faster than arrays."""


@dataclass(frozen=True)
class Quadratic(ProblemBase):
    """½(x − c)ᵀA(x − c) with the eigenvalues of A from `smallest` = μ to L = κμ.

    It teaches that κ = L/μ alone decides how fast gradient descent is: the best fixed step 2/(L + μ)
    contracts the error by (κ − 1)/(κ + 1), exact search f by the square of that.
    Unrotated it needs no matrix: n = 10⁶ is fine. With n = 1 the one eigenvalue is μ.

    Attributes
    ----------
    n : int
        Number of variables.
    condition : float
        κ, the ratio of the extreme eigenvalues, exact.
    spectrum : str
        Between the extremes: "log" or "linear" spacing, "two" values only, or "uniform" at random.
    smallest : float
        μ.
    rotation : bool
        Turn the eigenvectors by a seeded random orthogonal matrix; A is then dense.
    center : float or sequence of n floats
        c, the minimizer.
    begin : str
        Standard start: "generic" is c plus a seeded normal vector; "worst" is c + v₁ + v_n/κ, in the
        direction of v₁/μ + v_n/L, where exact search attains its bound at every step.
    seed : int
        Of the rotation, the "uniform" spectrum and the "generic" start.

    Source: Nocedal & Wright (2006), section 3.3, theorem 3.3; Akaike (1959) for the worst start.
    """

    suites = ("quadratics", "scalable")
    tags = ("quadratic", "convex", "strictly_convex")
    variants = (
        {"n": 1},
        {"condition": 100.0, "rotation": True, "center": 3.0, "begin": "worst"},
        {"n": 5, "condition": 1e6, "rotation": True, "center": (1.0, 2.0, 3.0, 4.0, 5.0), "seed": 2},
        {"n": 6, "spectrum": "two", "smallest": 0.5},
        {"n": 6, "spectrum": "linear", "begin": "worst"},
        {"n": 6, "spectrum": "uniform", "seed": 3},
    )

    n: Annotated[int, Ge(1)] = 2
    condition: Annotated[float, Ge(1)] = 10.0
    spectrum: Literal["log", "linear", "two", "uniform"] = "log"
    smallest: Annotated[float, Gt(0)] = 1.0
    rotation: bool = False
    center: float | Sequence[float] = 0.0
    begin: Literal["generic", "worst"] = "generic"
    seed: Annotated[int, Ge(0)] = 0

    @cached_property
    def eigenvalues(self) -> Array:
        """Eigenvalues of A, shape (n,), ascending."""
        n, least, most = self.n, float(self.smallest), self.condition * float(self.smallest)
        if n == 1:
            return np.array([least])
        if self.spectrum == "linear":
            values = np.linspace(least, most, n)
        elif self.spectrum == "log":
            values = np.geomspace(least, most, n)
        elif self.spectrum == "two":
            values = np.where(np.arange(n) < n - n // 2, least, most)
        else:
            values = np.sort(self._random("spectrum").uniform(least, most, n))
        values[0], values[-1] = least, most
        return values

    @cached_property
    def eigenvectors(self) -> Array | None:
        """Eigenvectors as columns, shape (n, n), in the order of the eigenvalues; None for the unit vectors."""
        return orthogonal(self._random("rotation"), self.n, self.n) if self.rotation else None

    def _random(self, axis: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, *axis.encode()])

    @cached_property
    def _center(self) -> Array:
        try:
            c = np.broadcast_to(np.asarray(self.center, dtype=float), (self.n,)).copy()
        except (TypeError, ValueError) as error:
            msg = f"quadratic: center must be a number or {self.n} numbers, given {self.center!r}"
            raise InputError(msg) from error
        if not np.isfinite(c).all():
            msg = f"quadratic: center must be finite, given {self.center!r}"
            raise InputError(msg)
        return c

    @cached_property
    def _matrix(self) -> Array | None:
        """Return A where it is dense."""
        Q = self.eigenvectors
        if Q is None:
            return None
        A = (Q * self.eigenvalues) @ Q.T
        return np.asarray(0.5 * (A + A.T))

    @cached_property
    def _plane(self) -> tuple[float, ...] | None:
        """(A₁₁, A₁₂, A₂₂, c₁, c₂) at n = 2."""
        if self.n != PLANE:
            return None
        A = self._dense()
        return (float(A[0, 0]), float(A[0, 1]), float(A[1, 1]), *self._center.tolist())

    def _dense(self) -> Array:
        return np.diag(self.eigenvalues) if self._matrix is None else self._matrix.copy()

    def _times(self, V: Array) -> Array:
        """Return Av for v of shape (n,), or for every row of a (K, n) array."""
        return V * self.eigenvalues if self._matrix is None else V @ self._matrix

    def value(self, x: Array) -> float:
        plane = self._plane
        if plane is None:
            e = x - self._center
            return 0.5 * (e @ self._times(e))  # type: ignore[return-value]  # v @ v is a number
        p, q, r, c, d = plane
        a, b = x.tolist() if type(x) is np.ndarray else x
        a, b = a - c, b - d
        f: float = 0.5 * (a * (p * a + q * b) + b * (q * a + r * b))
        return f

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        plane = self._plane
        if plane is None:
            e = x - self._center
            g = self._times(e)
            return 0.5 * float(e @ g), g
        p, q, r, c, d = plane
        a, b = x.tolist()
        a, b = a - c, b - d
        u, v = p * a + q * b, q * a + r * b
        return 0.5 * (a * u + b * v), np.array([u, v])

    def hessian(self, x: Array) -> Array:
        return self._dense()

    def hvp(self, x: Array, v: Array) -> Array:
        return self._times(v)

    def hessian_pattern(self) -> tuple[Any, Any] | None:
        """Return the diagonal, unless the eigenvectors are turned."""
        return None if self.rotation else (np.arange(self.n), np.arange(self.n))

    def values(self, X: Array) -> Array:
        E = X - self._center
        return np.asarray(0.5 * np.einsum("kn,kn->k", E, self._times(E)))

    def gradients(self, X: Array) -> Array:
        return self._times(X - self._center)

    def hessians(self, X: Array) -> Array:
        return np.tile(self._dense(), (len(X), 1, 1))

    def start(self) -> Array:
        if self.begin == "generic":
            return self._center + self._random("start").standard_normal(self.n)
        along = np.zeros(self.n)
        along[-1] = 1.0 / self.condition
        along[0] = 1.0
        return self._center + (along if self.eigenvectors is None else self.eigenvectors @ along)

    def facts(self) -> Facts:
        values = self.eigenvalues
        return Facts(
            solution=self._center,
            optimum=0.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(float(values[0]), float(values[-1])),
        )

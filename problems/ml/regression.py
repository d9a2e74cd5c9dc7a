"""Least-squares regression with a bounded or a penalized norm: two sides of one problem.

Source: Goodfellow, Bengio & Courville (2016), sections 4.5 and 7.2; Nocedal & Wright (2006), algorithm 4.3
and Golub & Van Loan (2013), section 6.2.1, for the secular equation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError
from optlab.sets.ball import Ball
from optlab_problems.ml.designs import diabetes, synthetic

BLOCK = 4096
"""Rows of a batch whose residuals are held at a time."""
NEWTON_STEPS = 100
"""Far more than the secular equation needs (about ten)."""


@dataclass(frozen=True)
class Regression(ProblemBase):
    """‖Xw − y‖² + λ‖w‖² on real or synthetic data; the base of the two problems below.

    Attributes
    ----------
    data : str
        "diabetes": ten columns centered and scaled to norm 1, y centered (needs scikit-learn), so that w has
        the units of y. "synthetic": singular values of X from 1 to 1/condition.
    n, m : int
        Columns and rows; the first ones of the diabetes data. m = None: all 442, or 5n synthetic ones.
    condition, noise, seed : float, float, int
        Of a synthetic design: κ(X), the part of y that no w explains relative to the part that the true w
        does, and the seed.
    """

    abstract: ClassVar[bool] = True
    suites = ("regression",)
    tags = ("quadratic", "convex", "least_squares")

    data: Literal["diabetes", "synthetic"] = "diabetes"
    n: Annotated[int, Ge(1)] = 10
    m: Annotated[int | None, Ge(2)] = None
    condition: Annotated[float, Ge(1)] = 100.0
    noise: Annotated[float, Ge(0)] = 0.1
    seed: Annotated[int, Ge(0)] = 0

    @cached_property
    def _design(self) -> tuple[Array, Array]:
        X: Array
        y: Array
        if self.data == "diabetes":
            X, y = diabetes(self.n, self.m)
        else:
            X, y = synthetic(self.n, self.m, self.condition, self.noise, self.seed)
        return X, y

    @property
    def X(self) -> Array:  # noqa: N802  textbook letter
        """The design matrix, shape (m, n)."""
        return self._design[0]

    @property
    def y(self) -> Array:
        """The targets, shape (m,)."""
        return self._design[1]

    @property
    def lam(self) -> float:
        """λ, the weight of ‖w‖² in f."""
        return 0.0

    @cached_property
    def _spectrum(self) -> tuple[Array, Array, Array]:
        """(σ, σ·Uᵀy, Vᵀ) of X = UΣVᵀ; singular values at rounding level are left out."""
        U, sigma, Vt = np.linalg.svd(self.X, full_matrices=False)
        there = sigma > max(self.X.shape) * np.finfo(float).eps * sigma[0]
        return sigma[there], (sigma * (U.T @ self.y))[there], Vt[there]

    @cached_property
    def _gram(self) -> Array:
        return 2.0 * (self.X.T @ self.X) + 2.0 * self.lam * np.eye(self.n)

    def solve(self, lam: float) -> Array:
        """Return the minimizer of ‖Xw − y‖² + λ‖w‖², shape (n,); the shortest one where there are several."""
        sigma, moments, Vt = self._spectrum
        return np.asarray(Vt.T @ (moments / (sigma * sigma + lam)))

    def squared_radius(self, C: float | None, fraction: float) -> float:
        """Return C, or the fraction of the squared norm of the least-squares solution."""
        if C is not None:
            return float(C)
        w = self.solve(0.0)
        return fraction * float(w @ w)

    @cached_property
    def _stacked(self) -> tuple[Array, Array]:
        """Return X and y; with a penalty [X; √λ I] and [y; 0]."""
        if not self.lam:
            return self._design
        X, y = self._design
        return np.vstack([X, sqrt(self.lam) * np.eye(self.n)]), np.concatenate([y, np.zeros(self.n)])

    def residuals(self, x: Array) -> Array:
        """Xw − y, below it √λ w where there is a penalty; f is the sum of their squares."""
        A, b = self._stacked
        return A @ x - b

    def jacobian(self, x: Array) -> Array:
        return self._stacked[0].copy()

    def value(self, x: Array) -> float:
        X, y = self._design
        r, lam = X @ x - y, self.lam
        return r @ r + lam * (x @ x) if lam else r @ r  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        X, y = self._design
        r, lam = X @ x - y, self.lam
        f, g = float(r @ r), 2.0 * (r @ X)
        return (f + lam * float(x @ x), g + 2.0 * lam * x) if lam else (f, g)

    def hessian(self, x: Array) -> Array:
        return self._gram.copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self._gram @ v)

    def values(self, X: Array) -> Array:
        parts = [np.empty(0)]
        for W in blocks(X):
            R = W @ self.X.T - self.y
            parts.append(np.einsum("km,km->k", R, R) + self.lam * np.einsum("kn,kn->k", W, W))
        return np.concatenate(parts)

    def gradients(self, X: Array) -> Array:
        parts = [np.empty((0, self.n))]
        parts += [2.0 * ((W @ self.X.T - self.y) @ self.X + self.lam * W) for W in blocks(X)]
        return np.concatenate(parts)

    def hessians(self, X: Array) -> Array:
        return np.tile(self._gram, (len(X), 1, 1))

    def start(self) -> Array:
        return np.zeros(self.n)

    def _curvature(self) -> tuple[float, float]:
        """Least and greatest eigenvalue of 2XᵀX + 2λI."""
        sigma = self._spectrum[0]
        least = float(sigma[-1]) ** 2 if sigma.size == self.n else 0.0
        return 2.0 * (least + self.lam), 2.0 * (float(sigma[0]) ** 2 + self.lam)


@dataclass(frozen=True)
class L2Regression(Regression):
    """‖Xw − y‖² subject to ‖w‖² ≤ C: regularization as a constraint.

    It teaches what "L2 regularization" means: at the solution ∇f + 2λw = 0, so the multiplier λ is the penalty
    whose `ridge` has the same solution. Where the least-squares solution is short enough, λ = 0.

    Attributes
    ----------
    C : float, optional
        Bound on ‖w‖², in the squared units of w.
    fraction : float
        Where C is not given: C as a part of the squared norm of the least-squares solution; below 1 the
        constraint is active.

    `Regression` describes data, n, m, condition, noise and seed.

    Source: Goodfellow, Bengio & Courville (2016), sections 4.5 and 7.2; data: Efron et al. (2004).
    """

    constraints = ("set",)

    C: Annotated[float | None, Gt(0)] = None
    fraction: Annotated[float, Gt(0)] = 0.25

    @cached_property
    def bound(self) -> float:
        """C, given or from `fraction`."""
        return self.squared_radius(self.C, self.fraction)

    @cached_property
    def feasible(self) -> Ball:  # type: ignore[override]  # read-only here
        """The ball of radius √C."""
        return Ball(sqrt(self.bound))

    def facts(self) -> Facts:
        lam = secular(*self._spectrum[:2], self.bound)
        w = self.solve(lam)
        if lam > 0:
            w *= sqrt(self.bound / float(w @ w))
        return Facts(solution=w, optimum=float(self.value(w)), convex=True, curvature=self._curvature(),
                     multipliers=((lam,), ()))  # fmt: skip


@dataclass(frozen=True)
class Ridge(Regression):
    """‖Xw − y‖² + λ‖w‖²: regularization as a penalty.

    It teaches the other side of `l2_regression`: with the same C (or fraction) and no penalty given, λ is the
    multiplier of that constraint, and both problems have the same solution.

    Attributes
    ----------
    penalty : float, optional
        λ.
    C, fraction : float
        Where no penalty is given: of the `l2_regression` to match.

    `Regression` describes data, n, m, condition, noise and seed.

    Source: Hoerl & Kennard (1970); Goodfellow, Bengio & Courville (2016), section 7.2; data: Efron et al. (2004).
    """

    penalty: Annotated[float | None, Ge(0)] = None
    C: Annotated[float | None, Gt(0)] = None
    fraction: Annotated[float, Gt(0)] = 0.25

    @cached_property
    def lam(self) -> float:
        """λ: the penalty, or the multiplier of the constraint to match."""
        if self.penalty is None:
            return secular(*self._spectrum[:2], self.squared_radius(self.C, self.fraction))
        if self.C is not None:
            msg = f"ridge: give penalty or C, not both (given penalty = {self.penalty!r}, C = {self.C!r})"
            raise InputError(msg)
        return float(self.penalty)

    def facts(self) -> Facts:
        w = self.solve(self.lam)
        return Facts(solution=w, optimum=float(self.value(w)), convex=True, curvature=self._curvature())


def secular(sigma: Array, moments: Array, C: float) -> float:
    """Return λ ≥ 0 with ‖w(λ)‖² = C, or 0 where already ‖w(0)‖² ≤ C; w(λ) = V (moments / (σ² + λ)).

    Newton's method on 1/‖w(λ)‖ − 1/√C, which is concave and increasing: from 0 it ascends to the root and never
    passes it. Source: Nocedal & Wright (2006), equations 4.43 and 4.44.
    """
    lam = 0.0
    for _ in range(NEWTON_STEPS):
        d = sigma * sigma + lam
        w = moments / d
        squared = float(w @ w)
        if squared <= C:
            break
        slope = float(w @ (w / d))
        longer = lam + (squared / slope) * (sqrt(squared / C) - 1.0)
        if not longer > lam:
            break
        lam = longer
    return lam


def blocks(X: Array) -> list[Array]:
    """Return X in pieces of at most BLOCK rows."""
    return [X[i : i + BLOCK] for i in range(0, len(X), BLOCK)]

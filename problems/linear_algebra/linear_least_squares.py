"""Linear least squares with a solution that is known beforehand."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from math import fsum, inf
from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array, Facts
from optlab.core.settings import check_settings
from optlab_problems.forms.least_squares import LeastSquares
from optlab_problems.forms.sizes import in_memory

EPS = float(np.finfo(float).eps)
TRUSTED = 1e7
"""Up to this κ(A) the least singular value as computed is good to eight digits, and its square is claimed."""


class LinearLeastSquares(LeastSquares):
    """‖Ax − b‖² with b = Ax* for a given x*; a subclass writes A, and x* where it is not (1, …, 1).

    Every entry of b is the exact sum rounded once, so that where it needs no rounding x* is the solution of the problem
    as the machine has it, to the last digit. The gradient 2Aᵀ(Ax − b) is formed from the residual: what is lost when
    AᵀA is formed is lost in the Hessian alone.
    """

    abstract: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_settings(self)
        if getattr(self, "dimension", None) is None:
            in_memory(self, self.n, self.n, "n")

    @property
    @abstractmethod
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (m, n)."""

    @cached_property
    def planted(self) -> Array:
        """x*, shape (n,), of entries ±1 where b is to be exact."""
        return np.ones(self.A.shape[1])

    @cached_property
    def b(self) -> Array:
        """Ax*, shape (m,), each entry rounded once."""
        return np.array([fsum(row * self.planted) for row in self.A])

    @cached_property
    def singular_values(self) -> Array:
        """Those of A, descending, as computed: the small ones are good to 1e-16 of the largest, no better."""
        return np.asarray(np.linalg.svd(self.A, compute_uv=False))

    @cached_property
    def extremes(self) -> tuple[float, float] | None:
        """The least and the greatest singular value of A, or None where the least one is not known."""
        sigma = self.singular_values
        known = sigma[0] <= TRUSTED * sigma[-1]
        return (float(sigma[-1]), float(sigma[0])) if known else None

    @cached_property
    def _gram(self) -> Array:
        H = 2.0 * (self.A.T @ self.A)
        return np.asarray(0.5 * (H + H.T))

    def residuals(self, x: Any) -> Any:
        return self.A @ x - self.b

    def jacobian(self, x: Array) -> Array:
        return self.A.copy()

    def curvature(self, x: Array, w: Array) -> Array:
        return np.zeros((x.size, x.size))

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        r = self.residuals(x)
        return float(r @ r), 2.0 * (r @ self.A)

    def hessian(self, x: Array) -> Array:
        return self._gram.copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(2.0 * ((self.A @ v) @ self.A))

    def values(self, X: Array) -> Array:
        R = X @ self.A.T - self.b
        return np.asarray(np.einsum("km,km->k", R, R))

    def gradients(self, X: Array) -> Array:
        return np.asarray(2.0 * ((X @ self.A.T - self.b) @ self.A))

    def hessians(self, X: Array) -> Array:
        return np.tile(self._gram, (len(X), 1, 1))

    def start(self) -> Array:
        return np.zeros(self.planted.size)

    def facts(self) -> Facts:
        ends = self.extremes
        return Facts(
            solution=self.planted,
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=True,
            curvature=None if ends is None else (2.0 * ends[0] ** 2, 2.0 * ends[1] ** 2),
            note=self.precision(),
        )

    def precision(self) -> str:
        """Say how near to x* a method can come, by κ(A) and by the rounding of b."""
        least, greatest = self.extremes or self.singular_values[[-1, 0]]
        kappa = float(greatest / least) if least > 0 else inf
        whole = all(fsum((*(row * self.planted), -b)) == 0.0 for row, b in zip(self.A, self.b, strict=True))
        size = f"κ(A) = {kappa:.1e}" if kappa * EPS < 1.0 else "κ(A) is over 1e15"
        by_matrix, by_hessian = (_share(power * EPS) for power in (kappa, kappa * kappa))
        return (
            f"{size}: expect a relative error of x of up to {by_matrix} from a solver on A, {by_hessian} from one on "
            f"the Hessian; b is {'exact' if whole else 'rounded, which moves the solution by up to as much'}"
        )


def _share(error: float) -> str:
    return f"{error:.0e}" if error < 1.0 else "order 1"

"""How far a matrix is from a singular one: norms, the condition number and how far it can be trusted.

Source: Golub & Van Loan (2013), sections 2.3, 2.6 and 7.3; Higham (2002), chapters 6, 7 and 15.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, log10, nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from optlab.core.status import InputError

Array = NDArray[np.float64]
Order = Literal[1, 2, "fro"] | float
"""Of a norm: 1 (largest column sum), 2 (largest singular value), inf (largest row sum) or "fro" (all entries)."""

EPS = float(np.finfo(float).eps)
ORDERS: tuple[Order, ...] = (1, 2, inf, "fro")
MATRIX = 2
"""Axes of a matrix."""


def matrix(A: Any) -> Array:
    """Return A as an array of floats of shape (m, n), m and n at least 1.

    Raises
    ------
    InputError
        For another shape.
    """
    array: Array = np.asarray(A, dtype=float)
    if array.ndim != MATRIX or not array.size:
        msg = f"a matrix has two axes and at least one entry, given an array of shape {array.shape}"
        raise InputError(msg)
    return array


def square(A: Any) -> Array:
    """Return A as an array of floats of shape (n, n), or raise an InputError."""
    array = matrix(A)
    if array.shape[0] != array.shape[1]:
        msg = f"the matrix must be square, given shape {array.shape}"
        raise InputError(msg)
    return array


def matrix_norm(A: Any, order: Order = 2) -> float:
    """‖A‖ in the norm of that order, the most that Ax is longer than x (for "fro": √Σ aᵢⱼ²).

    A has shape (m, n). An entry that is NaN makes it NaN, an infinite one infinite. Numbers whose squares would
    overflow or underflow are scaled first, by a power of two.
    """
    A = matrix(A)
    if order not in ORDERS:
        msg = f"a norm is of order {', '.join(map(str, ORDERS))}; given {order!r}"
        raise InputError(msg)
    if not np.isfinite(A).all():
        return nan if np.isnan(A).any() else inf
    scaled, exponent = _scaled(A)
    with np.errstate(all="ignore"):
        return float(np.ldexp(np.linalg.norm(scaled, order), exponent))


def _scaled(A: Array) -> tuple[Array, int]:
    """Return A / 2^e with its largest entry in [½, 1), and e; exact but for entries that vanish beside it."""
    exponent = int(np.frexp(np.abs(A).max())[1])
    with np.errstate(all="ignore"):
        return np.ldexp(A, -exponent), exponent


def power_iteration_norm(A: Any, rtol: float = 1e-12, steps: int = 10_000, seed: int = 0) -> float:
    """‖A‖₂ by repeated multiplication with AᵀA: no decomposition, a lower bound at every step.

    The part of the vector along v₂ shrinks by (σ₂/σ₁)² a step; where σ₂ = σ₁ any vector of their plane will do. It ends
    where the bound changes by less than `rtol` of itself, which is not where it is right to `rtol` if σ₂/σ₁ is near 1.

    Source: Golub & Van Loan (2013), section 7.3.1; Higham (2002), algorithm 15.1.

    Parameters
    ----------
    A : (m, n) array-like
        NaN or infinite entries give what `matrix_norm` gives.
    rtol : float
        Relative change of the bound at which it ends.
    steps : int
        Most multiplications by AᵀA.
    seed : int
        Of the first vector.
    """
    A = matrix(A)
    if not np.isfinite(A).all() or not A.any():
        return matrix_norm(A, 2)
    A, exponent = _scaled(A)
    x = np.random.default_rng(seed).standard_normal(A.shape[1])
    bound = 0.0
    for _ in range(steps):
        y = A @ (x / np.linalg.norm(x))
        before, bound = bound, float(np.linalg.norm(y))
        x = A.T @ y
        if not bound - before > rtol * bound or not x.any():
            break
    return float(np.ldexp(bound, exponent))


@dataclass(frozen=True)
class Condition:
    """What can be said of κ(A) = ‖A‖ ‖A⁻¹‖ in floating point.

    Attributes
    ----------
    value : float
        κ as computed; inf for a singular matrix whose computed decomposition shows a zero, NaN where A holds NaN.
    order : Order
        Of the norm.
    eps : float
        The spacing of floating-point numbers at 1.
    """

    value: float
    order: Order
    eps: float = EPS

    @property
    def reliable(self) -> bool:
        """Whether κ·ε < 1. If not, A may be a singular matrix that was rounded: *numerically singular*."""
        return self.value * self.eps < 1.0

    @property
    def digits(self) -> float:
        """Decimal digits of κ that can be trusted: rounding A alone changes κ by up to κ·ε of itself."""
        return max(0.0, -log10(self.value * self.eps)) if isfinite(self.value) and self.value > 0 else 0.0

    @property
    def lost(self) -> float:
        """Decimal digits that a solution of Ax = b may lose to a relative error in A or b: log₁₀ κ."""
        return log10(self.value) if isfinite(self.value) and self.value > 0 else self.value


def condition_number(A: Any, order: Order = 2) -> Condition:
    """κ(A) = ‖A‖ ‖A⁻¹‖ in the norm of that order, and whether rounding lets us believe it.

    In the 2-norm κ = σ_max/σ_min, for any shape; the others need a square matrix. Computing κ is itself as
    ill-conditioned as the matrix: see `Condition.digits`. A zero matrix and one with an infinite entry have κ = ∞,
    one with NaN has κ = NaN.

    Source: Golub & Van Loan (2013), section 2.6.2; Demmel (1987), On condition numbers and the distance to the nearest
    ill-posed problem, for the condition of the condition number.
    """
    A = matrix(A)
    value = _condition(A, order)
    return Condition(value, order)


def _condition(A: Array, order: Order) -> float:
    if np.isnan(A).any():
        return nan
    if not np.isfinite(A).all() or not A.any():
        return inf
    A, _ = _scaled(A)
    with np.errstate(all="ignore"):
        if order == 2:  # noqa: PLR2004  the 2-norm
            sigma = np.linalg.svd(A, compute_uv=False)
            return float(sigma[0] / sigma[-1]) if sigma[-1] > 0 else inf
        try:
            return matrix_norm(A, order) * matrix_norm(np.linalg.inv(square(A)), order)
        except np.linalg.LinAlgError:
            return inf

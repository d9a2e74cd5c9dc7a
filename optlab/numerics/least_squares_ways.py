"""Ways to argmin ‖Xβ − y‖ as formulas write them, against κ(X): what is lost by an inverse, and by where brackets are.

The lab's own ways, which say where they break down, are the optimizers `normal_equations`, `qr`, `svd` and `lstsq`.

Source: Higham (2002), chapter 20 and section 14.1; Golub & Van Loan (2013), section 5.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from optlab.numerics.conditioning import Array

if TYPE_CHECKING:
    import pandas as pd

Way = Callable[[Array, Array], Array]
"""(X, y) → β; may raise a LinAlgError."""
CONDITIONS = tuple(10.0**k for k in range(2, 15, 2))


def normal_equations_inverse(X: Array, y: Array) -> Array:
    """(XᵀX)⁻¹Xᵀy with the inverse formed, the naive textbook form: κ is squared.

    From κ(X) ≈ 1/√ε = 7·10⁷ on, it has no digit left, or raises a LinAlgError.
    """
    return np.asarray(np.linalg.inv(X.T @ X) @ (X.T @ y))


def qr_inverse(X: Array, y: Array) -> Array:
    """R⁻¹Qᵀy as ``inv(R) @ Q.T @ y``, the naive specimen: evaluated from the left, (R⁻¹Qᵀ)y.

    The matrix R⁻¹Qᵀ is rounded as a whole, with an error of κε relative to its norm; multiplied by a y it
    leaves a *residual* of κε, where a backward-stable way leaves ε. No warning is given, not even where R is singular.
    """
    Q, R = np.linalg.qr(X)
    return np.asarray(np.linalg.inv(R) @ Q.T @ y)


def qr_inverse_bracketed(X: Array, y: Array) -> Array:
    """R⁻¹(Qᵀy): the same inverse, other brackets, and the residual is small again. Still more work than to solve."""
    Q, R = np.linalg.qr(X)
    return np.asarray(np.linalg.inv(R) @ (Q.T @ y))


def qr_triangular(X: Array, y: Array) -> Array:
    """Rβ = Qᵀy by back substitution: backward stable, for full column rank."""
    from scipy.linalg import solve_triangular

    Q, R = np.linalg.qr(X)
    return np.asarray(solve_triangular(R, Q.T @ y))


def svd_pseudoinverse(X: Array, y: Array) -> Array:
    """VΣ⁺Uᵀy, the shortest solution: singular values up to ε · max(m, n) of the greatest count as zero.

    From κ = 1/(ε · max(m, n)) on it leaves a small one out on purpose: a small residual, but another β.
    """
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    kept = s > max(X.shape) * np.finfo(float).eps * s[0]
    return np.asarray(Vt[kept].T @ ((U[:, kept].T @ y) / s[kept]))


def lapack_lstsq(X: Array, y: Array) -> Array:
    """numpy.linalg.lstsq, LAPACK's divide and conquer: also the shortest solution."""
    return np.asarray(np.linalg.lstsq(X, y, rcond=None)[0])


WAYS: dict[str, Way] = {
    "inv(XᵀX) @ Xᵀy": normal_equations_inverse,
    "inv(R) @ Qᵀ @ y": qr_inverse,
    "inv(R) @ (Qᵀ @ y)": qr_inverse_bracketed,
    "QR, Rβ = Qᵀy": qr_triangular,
    "SVD": svd_pseudoinverse,
    "lstsq": lapack_lstsq,
}


def graded(m: int, n: int, condition: float, seed: int, residual: float = 0.0) -> tuple[Array, Array, Array]:
    """Return X (m, n) with geometrically graded singular values from 1 to 1/κ, y, and the β that solves it.

    β is normal; y = Xβ + r, r orthogonal to the columns of X with ‖r‖ = residual · ‖Xβ‖.
    """
    random = np.random.default_rng(seed)
    basis = np.linalg.qr(random.standard_normal((m, min(m, n + 1))))[0]
    V = np.linalg.qr(random.standard_normal((n, n)))[0]
    X = (basis[:, :n] * np.geomspace(1.0, 1.0 / condition, n)) @ V.T
    beta = random.standard_normal(n)
    y = X @ beta
    return X, y + (residual * np.linalg.norm(y) * basis[:, n] if residual else 0.0), beta


def accuracy_against_condition(
    ways: Mapping[str, Way] = WAYS,
    conditions: Sequence[float] = CONDITIONS,
    m: int = 100,
    n: int = 20,
    seeds: int = 30,
    residual: float = 0.0,
) -> pd.DataFrame:
    """Return how accurate each way is, the median over seeds: columns way, condition, residual, error, failed.

    `residual` is ‖Xβ̂ − Xβ‖/‖y‖, so without the part of y that no β explains; `error` is ‖β̂ − β‖/‖β‖; `failed` counts
    seeds that raised a LinAlgError or gave something not finite. NaN where all of them did.
    """
    import pandas as pd

    rows = []
    for condition in conditions:
        cases = [graded(m, n, condition, seed, residual) for seed in range(seeds)]
        for name, way in ways.items():
            found = np.array([_measured(way, *case) for case in cases])
            there = np.isfinite(found[:, 1])
            middle = np.median(found[there], axis=0) if there.any() else (np.nan, np.nan)
            rows.append((name, condition, middle[0], middle[1], int((~there).sum())))
    return pd.DataFrame(rows, columns=["way", "condition", "residual", "error", "failed"])


def _measured(way: Way, X: Array, y: Array, beta: Array) -> tuple[float, float]:
    try:
        with np.errstate(all="ignore"):
            found = way(X, y)
    except np.linalg.LinAlgError:
        return np.nan, np.nan
    residual = np.linalg.norm(X @ found - X @ beta) / np.linalg.norm(y)
    return float(residual), float(np.linalg.norm(found - beta) / np.linalg.norm(beta))

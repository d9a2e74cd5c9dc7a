"""Profiles of a set of solvers on a set of problems: costs in, shares of problems out.

Costs are (P, S) arrays: a row per problem, a column per solver, inf where a solver did not succeed.

Source: Dolan & Moré (2002), Benchmarking optimization software with performance profiles; Moré & Wild (2009),
Benchmarking derivative-free optimization algorithms; Hansen, Auger, Ros, Mersmann, Tušar & Brockhoff (2021), COCO;
Beiranvand, Hare & Lucet (2017), Best practices for comparing optimization algorithms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array = np.ndarray[Any, np.dtype[np.float64]]
DIGITS = 16.0
"""A gap of rounding size, or none at all, counts as so many digits."""


def performance_ratios(costs: Array) -> Array:
    """Return each cost over the least of its row, shape (P, S); inf where a solver failed, also where all did.

    Source: Dolan & Moré (2002), section 2: r_{p,s} = t_{p,s} / min_s t_{p,s}.

    >>> performance_ratios(np.array([[2.0, 4.0], [np.inf, 3.0], [np.inf, np.inf]]))
    array([[ 1.,  2.],
           [inf,  1.],
           [inf, inf]])
    """
    best = costs.min(axis=1, keepdims=True, initial=np.inf)
    there = np.isfinite(costs)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.where(costs == best, 1.0, costs / best)
    return np.where(there, ratios, np.inf)


def data_costs(costs: Array, units: Array) -> Array:
    """Return costs in the unit of each problem, shape (P, S).

    With units n_p + 1 these are "simplex gradients": κ = t_{p,s} / (n_p + 1).

    Source: Moré & Wild (2009), equation 2.3.
    """
    return np.asarray(costs / np.asarray(units, dtype=float)[:, None])


def steps(values: Array) -> tuple[Array, Array]:
    """Return where the share of `values` that are ≤ x jumps, ascending, and the share from there on.

    Values that are inf are never reached, and count in the whole; nothing is returned where no value is finite.

    >>> steps(np.array([1.0, 3.0, 1.0, np.inf]))
    (array([1., 3.]), array([0.5 , 0.75]))
    """
    at, many = np.unique(values[np.isfinite(values)], return_counts=True)
    return at, np.cumsum(many) / max(values.size, 1)


def shares(values: Array, at: Array) -> Array:
    """Return the share of `values` that are ≤ each of `at`."""
    finite = np.sort(values[np.isfinite(values)])
    return np.searchsorted(finite, at, side="right") / max(values.size, 1)


def first_hits(gaps: Array, effort: Array, targets: Array) -> Array:
    """Return the effort at which a gap is first ≤ each target; inf where it never is.

    Parameters
    ----------
    gaps, effort : (K,) arrays
        What was still missing at each iterate, NaN where it does not count, and the effort spent by then.
    targets : (T,) array
    """
    if not gaps.size:
        return np.full(np.shape(targets), np.inf)
    least = np.minimum.accumulate(np.where(np.isnan(gaps), np.inf, gaps))
    where = np.searchsorted(-least, -np.asarray(targets, dtype=float), side="left")
    return np.where(where < len(least), effort[np.minimum(where, len(least) - 1)], np.inf)


def digits(gaps: Array) -> Array:
    """Return −log₁₀ of relative gaps, between 0 and `DIGITS`; 0 where a gap is NaN.

    >>> digits(np.array([1e-3, 0.0, 5.0, np.nan]))
    array([ 3., 16.,  0.,  0.])
    """
    known = np.where(np.isnan(gaps), 1.0, np.maximum(gaps, 10.0**-DIGITS))
    return np.clip(-np.log10(known), 0.0, DIGITS) + 0.0


def wins(costs: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return for every row and pair (i, j): 1 where i is cheaper, ½ for a tie, 0 else; and where either succeeded.

    Shapes (P, S, S). A success beats a failure; two failures say nothing.
    """
    one, other = costs[:, :, None], costs[:, None, :]
    score = np.where(one < other, 1.0, np.where(one == other, 0.5, 0.0))
    return score, np.asarray(np.isfinite(one) | np.isfinite(other))

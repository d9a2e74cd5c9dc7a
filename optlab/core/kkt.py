"""Constraints of a problem in one form, and the Karush–Kuhn–Tucker conditions at a point.

Inequalities g(x) ≤ 0 in this order: functions, linear rows, lower bounds, upper bounds, the set's own form;
equalities h(x) = 0: functions, linear rows. Infinite bounds are no constraints.
Source: Karush (1939); Kuhn & Tucker (1951); Nocedal & Wright (2006), section 12.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optlab.core.status import InputError
from optlab.sets.box import Box

if TYPE_CHECKING:
    from optlab.core.problem import Array, ProblemBase

FEASIBLE = 1e-8
"""CONVERGED needs every constraint met to this, times its Jacobian row's norm at the standard start if over 1 …"""
FEASIBLE_AT_MOST = 1e-6
"""… and to this as given."""


@dataclass(frozen=True)
class Constraints:
    """All constraints at a point: g (m,), Jg (m, n), h (p,), Jh (p, n)."""

    g: Array
    Jg: Array
    h: Array
    Jh: Array


@dataclass(frozen=True)
class KKT:
    """Multipliers recovered at a point and the four residuals, in the units of the problem.

    Attributes
    ----------
    lam, nu : (m,), (p,) arrays
        Multipliers of g ≤ 0 (never negative) and h = 0.
    stationarity : float
        ‖∇f + Jgᵀλ + Jhᵀν‖∞.
    primal : float
        The greatest violation, max(0, g, |h|).
    dual : float
        The most negative multiplier, as a positive number; 0 for recovered ones.
    complementarity : float
        max |λ_i g_i|.
    """

    lam: Array
    nu: Array
    stationarity: float
    primal: float
    dual: float
    complementarity: float


def bounds_of(problem: ProblemBase) -> tuple[Array, Array] | None:
    """Return (lo, hi), each (n,), from the bounds or from a box as the feasible set; None without either."""
    box = problem.feasible if isinstance(problem.feasible, Box) else None
    if problem.bounds is None and box is None:
        return None
    lo, hi = np.full(problem.n, -np.inf), np.full(problem.n, np.inf)
    for pair in (problem.bounds, None if box is None else (box.lo, box.hi)):
        if pair is not None:
            lo, hi = np.maximum(lo, pair[0]), np.minimum(hi, pair[1])
    return lo, hi


def project(problem: ProblemBase, x: Array) -> Array:
    """Project onto the feasible set, or the bounds; x itself where there is neither.

    Raises
    ------
    InputError
        When there are both a set that is no box and bounds: the projection onto an intersection is not known.
    """
    if problem.feasible is not None:
        if problem.bounds is not None and not isinstance(problem.feasible, Box):
            msg = "a problem with a feasible set and bounds has no known projection; give one of the two"
            raise InputError(msg)
        if problem.bounds is None:
            return problem.feasible.project(x)
    sides = bounds_of(problem)
    return x if sides is None else np.asarray(np.clip(x, *sides), dtype=x.dtype)


def equality(problem: ProblemBase, x: Array) -> Array:
    """h(x) of all equality constraints, shape (p,)."""
    parts = [np.empty(0, dtype=x.dtype)]
    if problem.equality is not None:
        parts.append(np.atleast_1d(np.asarray(problem.equality(x), dtype=x.dtype)))
    if problem.linear_equality is not None:
        A, b = problem.linear_equality
        parts.append(A @ x - b)
    return np.concatenate(parts)


def equality_jacobian(problem: ProblemBase, x: Array) -> Array:
    """∂h_i/∂x_j, shape (p, n)."""
    parts = [np.empty((0, x.size), dtype=x.dtype)]
    if problem.equality is not None:
        parts.append(np.atleast_2d(np.asarray(problem.equality_jacobian(x), dtype=x.dtype)))
    if problem.linear_equality is not None:
        parts.append(problem.linear_equality[0])
    return np.concatenate(parts)


def constraints(problem: ProblemBase, x: Array) -> Constraints:
    """Evaluate every constraint and its Jacobian row at x, uncounted."""
    n = x.size
    g, Jg = [np.empty(0)], [np.empty((0, n))]
    if problem.inequality is not None:
        g.append(np.atleast_1d(np.asarray(problem.inequality(x), dtype=float)))
        Jg.append(np.atleast_2d(np.asarray(problem.inequality_jacobian(x), dtype=float)))
    if problem.linear_inequality is not None:
        A, b = problem.linear_inequality
        g.append(A @ x - b)
        Jg.append(A)
    sides = bounds_of(problem)
    if sides is not None:
        for side, sign in ((sides[0], -1.0), (sides[1], 1.0)):
            there = np.flatnonzero(np.isfinite(side))
            g.append(sign * (x - side)[there])
            Jg.append(sign * np.eye(n)[there])
    if problem.feasible is not None:
        g.append(problem.feasible.inequality(x))
        Jg.append(problem.feasible.inequality_jacobian(x))
    return Constraints(np.concatenate(g), np.concatenate(Jg), equality(problem, x), equality_jacobian(problem, x))


def recover(gradient: Array, c: Constraints) -> tuple[Array, Array]:
    """Return the multipliers (λ ≥ 0, ν) that come nearest to satisfying the KKT conditions.

    They minimize ‖∇f + Jgᵀλ + Jhᵀν‖² + Σ (λ_i g_i)², with every inequality first divided by its row's norm,
    so that neither its scale nor a guess at the active set matters.
    """
    norms = np.linalg.norm(c.Jg, axis=1)
    norms = np.where(norms > 0, norms, 1.0)
    m, p = c.g.size, c.h.size
    J, distance = c.Jg / norms[:, None], c.g / norms
    if m == 0:
        nu = np.linalg.lstsq(c.Jh.T, -gradient, rcond=None)[0] if p else np.empty(0)
        return np.empty(0), nu
    if m == 1 and p == 0:
        a = J[0]
        lam = max(0.0, -float(a @ gradient) / float(a @ a + distance[0] ** 2))
        return np.array([lam]) / norms, np.empty(0)
    from scipy.optimize import nnls

    top = np.hstack([J.T, c.Jh.T, -c.Jh.T])
    below = np.hstack([np.diag(distance), np.zeros((m, 2 * p))])
    scale = float(np.abs(gradient).max()) or 1.0
    found = nnls(np.vstack([top, below]), np.concatenate([-gradient / scale, np.zeros(m)]))[0] * scale
    return found[:m] / norms, found[m : m + p] - found[m + p :]


def kkt(problem: ProblemBase, x: Array, gradient: Array | None = None) -> KKT:
    """Recover the multipliers at x and return the four residuals of the KKT conditions.

    Parameters
    ----------
    problem : ProblemBase
        Any problem; without constraints only stationarity is not zero.
    x : (n,) array-like
        The point.
    gradient : (n,) array, optional
        ∇f(x), if already known.
    """
    x = np.asarray(x, dtype=float)
    if x.shape != (problem.n,):
        msg = f"x must have shape ({problem.n},), given {x.shape}"
        raise InputError(msg)
    g = np.asarray(problem.gradient(x) if gradient is None else gradient, dtype=float)
    if not problem.constrained:
        return KKT(np.empty(0), np.empty(0), float(np.abs(g).max()), 0.0, 0.0, 0.0)
    c = constraints(problem, x)
    finite = all(bool(np.isfinite(part).all()) for part in (g, c.g, c.Jg, c.h, c.Jh))
    if not finite:
        nothing = np.full(c.g.size, np.nan), np.full(c.h.size, np.nan)
        return KKT(*nothing, np.nan, np.nan, np.nan, np.nan)
    if _only_projection(problem):
        outside = float(np.abs(project(problem, x) - x).max())
        return KKT(np.empty(0), np.empty(0), _natural_residual(problem, x, g), outside, 0.0, 0.0)
    lam, nu = recover(g, c)
    residual = g + c.Jg.T @ lam + c.Jh.T @ nu
    primal = max(0.0, float(c.g.max(initial=0.0)), float(np.abs(c.h).max(initial=0.0)))
    return KKT(lam, nu, float(np.abs(residual).max()), primal, 0.0, float(np.abs(lam * c.g).max(initial=0.0)))


def _only_projection(problem: ProblemBase) -> bool:
    """Whether the set is known by its projection alone."""
    there = problem.feasible
    return there is not None and not isinstance(there, Box) and there.inequality(problem.start()).size == 0


def _natural_residual(problem: ProblemBase, x: Array, g: Array) -> float:
    """‖x − P(x − tg)‖∞/t with t such that the trial step is as long as max(1, ‖x‖): the units of g."""
    length = float(np.linalg.norm(g))
    if length == 0:
        return 0.0
    t = max(1.0, float(np.linalg.norm(x))) / length
    return float(np.abs(x - project(problem, x - t * g)).max()) / t


def stationarity(problem: ProblemBase, x: Array, gradient: Array | None = None) -> float:
    """Return max(‖∇L‖∞, complementarity) at x, uncounted: the scale and the check of convergence claims."""
    with np.errstate(all="ignore"):
        found = kkt(problem, x, gradient)
    return max(found.stationarity, found.complementarity)


def refutation(problem: ProblemBase, x: Array, gradient: Array, tolerance: float) -> str:
    """Return why (x, ∇f) is not a KKT point to the tolerance, or an empty string if it is."""
    with np.errstate(all="ignore"):
        found = kkt(problem, x, gradient)
        worst = max(found.stationarity, found.complementarity)
        if not worst <= tolerance:
            return f"the recomputed stationarity is {worst:.2e}, over {tolerance:.2e}"
        if not problem.constrained or found.primal <= FEASIBLE:
            return ""
        return _infeasibility(problem, x)


def _infeasibility(problem: ProblemBase, x: Array) -> str:
    now, standard = constraints(problem, x), constraints(problem, np.asarray(problem.start(), dtype=float))
    for violation, J in ((now.g, standard.Jg), (np.abs(now.h), standard.Jh)):
        allowed = np.minimum(FEASIBLE_AT_MOST, FEASIBLE * np.maximum(1.0, np.linalg.norm(J, axis=1)))
        if not np.all(violation <= allowed):
            return f"a constraint is violated by {float(np.max(violation)):.2e}"
    return ""

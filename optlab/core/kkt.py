"""The Karush–Kuhn–Tucker conditions at a point, with multipliers recovered from the problem alone.

Source: Karush (1939); Kuhn & Tucker (1951); Nocedal & Wright (2006), section 12.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optlab.core.constraints import Constraints, by_projection, constraints, length_of, only_bounds, project
from optlab.core.status import InputError
from optlab.kernels.norms import max_abs

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.derivatives import Array
    from optlab.sets.base import ConvexSet

FEASIBLE = 1e-8
"""CONVERGED needs every constraint met to this, times its Jacobian row's norm at the standard start if over 1 …"""
FEASIBLE_AT_MOST = 1e-6
"""… and to this as given …"""
ROUNDING = 4.0 * float(np.finfo(float).eps)
"""… or to this part of its terms, each a component of x times its slope: far from the origin they round as much."""
UNBOUNDED = 1e6
"""What a constraint pushes at a KKT point is at most so many times ∇f; 45 is the most in the catalogue."""
DEAR = 10.0
"""What violated equalities gain, over the length of x, is at most this many times the tolerance of stationarity."""
BALANCED = 1e-8
"""A gradient of the Lagrangian below this fraction of ∇f is rounding."""


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
        max |λ_i g_i|; the same whatever factor a constraint is multiplied by.
    """

    lam: Array
    nu: Array
    stationarity: float
    primal: float
    dual: float
    complementarity: float


def recover(gradient: Array, c: Constraints, length: float = 1.0) -> tuple[Array, Array]:
    """Return the multipliers (λ ≥ 0, ν) that come nearest to satisfying the KKT conditions.

    They minimize ‖∇f + Jgᵀλ + Jhᵀν‖² + Σ (λ_i g_i/ℓ)², with every inequality first divided by its row's norm,
    so that neither its scale nor a guess at the active set matters. Where several do, ν is the shortest.
    """
    norms = np.linalg.norm(c.Jg, axis=1)
    norms = np.where(norms > 0, norms, 1.0)
    lam = np.empty(0)
    if c.g.size:
        A, b = (c.Jg / norms[:, None]).T, -gradient
        if c.h.size:  # ν is free: what the equalities can explain is no matter of λ
            explained = np.linalg.lstsq(c.Jh.T, np.column_stack([A, b]), rcond=None)[0]
            A, b = A - c.Jh.T @ explained[:, :-1], b - c.Jh.T @ explained[:, -1]
        lam = _nonnegative(A, b, c.g / norms / length) / norms
    nu = np.empty(0)
    if c.h.size:
        nu = np.asarray(np.linalg.lstsq(c.Jh.T, -(gradient + c.Jg.T @ lam), rcond=None)[0])
    return lam, nu


def _nonnegative(A: Array, b: Array, distance: Array) -> Array:
    """Return the λ ≥ 0 of the least ‖Aλ − b‖² + Σ (λ_i distance_i)². Source: Lawson & Hanson (1974), chapter 23."""
    if distance.size == 1:
        a = A[:, 0]
        weight = float(a @ a) + float(distance[0]) ** 2
        return np.array([max(0.0, float(a @ b)) / weight if weight > 0 else 0.0])
    from scipy.optimize import lsq_linear, nnls

    stacked = np.vstack([A, np.diag(distance)])
    scale = float(np.abs(b).max()) or 1.0
    target = np.concatenate([b / scale, np.zeros(distance.size)])
    try:
        found = nnls(stacked, target)[0]
    except RuntimeError:  # its active set cycles; an interior method does not
        found = np.maximum(0.0, lsq_linear(stacked, target, (0.0, np.inf)).x)
    return np.asarray(found * scale)


def kkt(problem: ProblemBase, x: Array, gradient: Array | None = None) -> KKT:
    """Recover the multipliers at x and return the four residuals of the KKT conditions.

    With a composite term c, and no constraints, stationarity is that of the proximal gradient mapping: 0 where
    −∇f is a subgradient of c.

    For a set that is known by its projection alone, stationarity is ‖x − P(x − t∇L)‖∞/t with a trial step as long
    as max(1, ‖x‖), and the set's violation ‖x − P(x)‖∞. Everything is NaN where anything is not finite.

    Parameters
    ----------
    problem : ProblemBase
        Any problem; without constraints only stationarity is not zero.
    x : (n,) array-like
        The point.
    gradient : (n,) array, optional
        ∇f(x), if already known.

    Raises
    ------
    InputError
        For an x or a gradient of the wrong shape.
    """
    x = np.asarray(x, dtype=float)
    with np.errstate(all="ignore"):
        if x.shape != (problem.n,):
            msg = f"x must have shape ({problem.n},), given {x.shape}"
            raise InputError(msg)
        g = np.asarray(problem.gradient(x) if gradient is None else gradient, dtype=float)
        if g.shape != x.shape:
            msg = f"the gradient must have shape {x.shape}, given {g.shape}"
            raise InputError(msg)
        kinds = set(problem.constrained)
        if only_bounds(problem):
            return _between(problem, x, g)
        if kinds <= {"composite"}:
            size = _gradient_mapping(problem, x, g) if kinds else float(np.abs(g).max())
            return KKT(np.empty(0), np.empty(0), size, 0.0, 0.0, 0.0)
        return _unknown(0, 0) if "composite" in kinds else _general(problem, x, g)


def _general(problem: ProblemBase, x: Array, g: Array) -> KKT:
    """Return what holds for functions and sets: by the rows where there are any, by the projection where not."""
    region = problem.projection_set if by_projection(problem) else None
    if region is not None and set(problem.constrained) <= {"set", "bounds"}:
        outside = float(np.abs(region.project(x) - x).max())
        return KKT(np.empty(0), np.empty(0), _natural_residual(region, x, g), outside, 0.0, 0.0)
    c = constraints(problem, x)
    if not (np.isfinite(x).all() and np.isfinite(g).all() and c.finite):
        return _unknown(c.g.size, c.h.size)
    lam, nu = recover(g, c, length_of(problem, x))
    residual = g + c.Jg.T @ lam + c.Jh.T @ nu
    primal = max(0.0, float(c.g.max(initial=0.0)), float(np.abs(c.h).max(initial=0.0)))
    stationary = float(np.abs(residual).max())
    if region is not None:
        primal = max(primal, float(np.abs(region.project(x) - x).max()))
        stationary = _natural_residual(region, x, residual)
    return KKT(lam, nu, stationary, primal, 0.0, float(np.abs(lam * c.g).max(initial=0.0)))


def _unknown(m: int, p: int) -> KKT:
    return KKT(np.full(m, np.nan), np.full(p, np.nan), np.nan, np.nan, np.nan, np.nan)


def _between(problem: ProblemBase, x: Array, g: Array) -> KKT:
    """Return what `recover` gives for bounds alone, where each variable has its own small problem in closed form."""
    sides = problem.all_bounds
    assert sides is not None
    there = [np.isfinite(side) for side in sides]
    if not (np.isfinite(x).all() and np.isfinite(g).all()):
        return _unknown(int(there[0].sum()) + int(there[1].sum()), 0)
    room, length = (x - sides[0], sides[1] - x), length_of(problem, x)
    lam = [
        np.maximum(0.0, sign * g) / (1.0 + (inside / length) ** 2)
        for sign, inside in zip((1.0, -1.0), room, strict=True)
    ]
    slack = [
        np.abs(weight * inside)[finite].max(initial=0.0)
        for weight, inside, finite in zip(lam, room, there, strict=True)
    ]
    outside = max(0.0, -float(min(room[0].min(), room[1].min())))
    kept = np.concatenate([weight[finite] for weight, finite in zip(lam, there, strict=True)])
    return KKT(kept, np.empty(0), float(np.abs(g - lam[0] + lam[1]).max()), outside, 0.0, float(max(slack)))


def _natural_residual(feasible: ConvexSet, x: Array, g: Array) -> float:
    """‖x − P(x − tg)‖∞/t with t such that the trial step is as long as max(1, ‖x‖): the units of g."""
    length = float(np.linalg.norm(g))
    if length == 0:
        return 0.0
    t = max(1.0, float(np.linalg.norm(x))) / length
    return float(np.abs(x - feasible.project(x - t * g)).max()) / t


def _gradient_mapping(problem: ProblemBase, x: Array, g: Array) -> float:
    """‖x − prox(x − tg)‖∞/t with t such that the trial step is as long as max(1, ‖x‖). Source: Beck (2017), 10.3.2."""
    assert problem.composite is not None
    length = float(np.linalg.norm(g))
    t = max(1.0, float(np.linalg.norm(x))) / length if length > 0 else 1.0
    return float(np.abs(x - problem.composite.prox(x - t * g, t)).max()) / t


def stationarity(problem: ProblemBase, x: Array, gradient: Array | None = None) -> float:
    """Return max(‖∇L‖∞, complementarity/ℓ) at x, uncounted: the scale and the check of convergence claims."""
    if not problem.constrained:
        return max_abs(np.asarray(problem.gradient(x) if gradient is None else gradient, dtype=float))
    found = kkt(problem, x, gradient)
    return max(found.stationarity, found.complementarity / length_of(problem, x))


def standard_point(problem: ProblemBase) -> Array:
    """Return the standard start, projected onto the set and the bounds: where the units of ∇f are taken from."""
    return project(problem, np.asarray(problem.start(), dtype=float))


def strictly_inside(problem: ProblemBase) -> bool:
    """Whether every inequality is strict at the standard start, bounds included."""
    x = np.asarray(problem.start(), dtype=float)
    return bool(x.size > 0 and (constraints(problem, x).g < 0).all())


def scale_of(problem: ProblemBase, gradient: Array | None = None) -> float:
    """Return the stationarity that counts as of order one: a fact, or that at the standard start, uncounted.

    Where the constraints balance ∇f there to the last digits, as n of them always do, it is ‖∇f‖∞; where that is 0, it
    is ‖∇f‖∞ at a point beside. It may be 0 or not finite. `gradient` is ∇f at the standard start, if already known.
    """
    known = problem.known.scale
    if known is not None:
        return known
    x = standard_point(problem)
    g = np.asarray(problem.gradient(x) if gradient is None else gradient, dtype=float)
    scale = stationarity(problem, x, g)
    if scale <= BALANCED * max_abs(g):
        scale = max_abs(g)
    if scale == 0:  # a start that is a critical point: another one, as far away as x is long
        x = project(problem, x + max(1.0, max_abs(x)))
        scale = max_abs(np.asarray(problem.gradient(x), dtype=float))
    return scale


def refutation(problem: ProblemBase, x: Array, gradient: Array, tolerance: float) -> str:
    """Return why (x, ∇f) is not stationary to the tolerance, multipliers recovered, or an empty string if it is.

    Multipliers that have left every scale are no multipliers: near a minimum that has none, as at a cusp, those of
    ever better approximations grow without bound. So do those of equalities that are violated less and less; νh, what
    f gains by the violation, falls more slowly than the residuals, and is held to the tolerance as λg is.
    """
    worst = stationarity(problem, x, gradient)
    if not worst <= tolerance:
        return f"the recomputed stationarity is {worst:.2e}, over {tolerance:.2e}"
    price = greatest_price(problem, x, gradient)
    if not price <= DEAR * tolerance * max(length_of(problem, x), max_abs(x)):
        return f"the violated equalities are worth {price:.1e} of f: their multipliers are too great for that"
    push = greatest_push(problem, x, gradient)
    if not push <= UNBOUNDED:
        return f"the multipliers are {push:.0e} times as large as ∇f: here, it seems, there are none"
    return ""


def _has_rows(problem: ProblemBase) -> bool:
    """Whether multipliers of rows other than bounds are recovered."""
    return bool(problem.constraint_forms) and not only_bounds(problem) and not by_projection(problem)


def greatest_price(problem: ProblemBase, x: Array, gradient: Array) -> float:
    """Return the greatest |ν_j h_j|, in the units of f: what violating an equality gains; 0 without equalities.

    Of h counts what exceeds its rounding.
    """
    if "equality" not in problem.constraint_forms or not _has_rows(problem):
        return 0.0
    with np.errstate(all="ignore"):
        c = constraints(problem, x)
        violated = np.maximum(0.0, np.abs(c.h) - rounding_of(c.Jh, x))
        return float(np.abs(kkt(problem, x, gradient).nu * violated).max(initial=0.0))


def rounding_of(J: Array, x: Array) -> Array:
    """Return what rounding alone makes of constraints with the Jacobian J at x: a few ulp of their linear terms."""
    return np.asarray(ROUNDING * (np.abs(J) @ np.abs(x)))


def greatest_push(problem: ProblemBase, x: Array, gradient: Array) -> float:
    """Return the greatest λ_i‖∇g_i‖ or |ν_j|‖∇h_j‖ over ‖∇f‖∞, rows at x or at the standard start; 0 without rows."""
    if not _has_rows(problem):
        return 0.0
    with np.errstate(all="ignore"):
        found, start = kkt(problem, x, gradient), standard_point(problem)
        here, there = constraints(problem, x), constraints(problem, start)
        lengths = [
            np.fmax(np.linalg.norm(J, axis=1), np.linalg.norm(standard, axis=1))
            for J, standard in ((here.Jg, there.Jg), (here.Jh, there.Jh))
        ]
        pushes = np.concatenate([found.lam * lengths[0], np.abs(found.nu) * lengths[1]])
        greatest = float(pushes.max(initial=0.0))
        if not greatest > UNBOUNDED * max_abs(gradient):
            return greatest / max_abs(gradient) if greatest > 0 else 0.0
        try:
            steepest = max_abs(np.asarray(problem.gradient(start), dtype=float))
        except Exception:  # f need not be defined there
            steepest = 0.0
        return greatest / float(np.fmax(max_abs(gradient), steepest))


def infeasibility(problem: ProblemBase, x: Array) -> str:
    """Return which violation keeps x from counting as feasible, or an empty string if none does."""
    if not problem.constrained:
        return ""
    if only_bounds(problem):
        outside = float(np.abs(project(problem, x) - x).max())
        return "" if outside <= FEASIBLE else f"a bound is violated by {outside:.2e}"
    with np.errstate(all="ignore"):
        if by_projection(problem):
            outside = float(np.abs(project(problem, x) - x).max())
            if not outside <= FEASIBLE:
                return f"the point is {outside:.2e} outside the feasible set"
            if set(problem.constrained) <= {"set", "bounds"}:
                return ""
        now, standard = constraints(problem, x), constraints(problem, np.asarray(problem.start(), dtype=float))
        for violation, J, there in ((now.g, standard.Jg, now.Jg), (np.abs(now.h), standard.Jh, now.Jh)):
            allowed = np.minimum(FEASIBLE_AT_MOST, FEASIBLE * np.maximum(1.0, np.linalg.norm(J, axis=1)))
            allowed = np.fmax(allowed, rounding_of(there, x))
            if not np.all(violation <= allowed):
                return f"a constraint is violated by {float(np.max(violation)):.2e}"
    return ""

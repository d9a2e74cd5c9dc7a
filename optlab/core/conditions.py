"""Which of the KKT conditions hold at a point, which fails and why, and whether they had to hold at a minimum.

Source: Karush (1939); Kuhn & Tucker (1951); Mangasarian & Fromovitz (1967); Nocedal & Wright (2006), section 12.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optlab.core import kkt
from optlab.core.constraints import (
    LARGE,
    Constraints,
    bounds_of,
    by_projection,
    constraints,
    length_of,
    names,
    only_bounds,
    size_of,
)  # fmt: skip

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.derivatives import Array

Mask = NDArray[np.bool_]

ACTIVE = 1e-6
"""A constraint this near, in the units of x and relative to max(ℓ, ‖x‖∞), counts as active."""
INDEPENDENT = 1e-6
"""Gradients of length 1 with a singular value below this are dependent."""
INWARDS = 1e-6
"""A direction moves off all active constraints if each falls at least this fast along it, gradients of length 1."""
SHOWN = 12
"""Most active constraints listed."""
LICQ = "the active gradients are independent (LICQ): multipliers exist and are unique"
MFCQ = "the active gradients are dependent, but a direction leads inside (MFCQ): multipliers exist, not only these"
LINEAR = "the active constraints are linear: multipliers exist"
NOTHING = (
    "none holds: the active gradients are dependent and no direction leads inside; a minimum need have no multipliers"
)
UNKNOWN = "not decided: the set is known by its projection alone"
UNDEFINED = "not decided: not everything is finite here"


@dataclass(frozen=True)
class Conditions(kkt.KKT):
    """The KKT conditions at a point: multipliers, residuals, what fails, and the constraint qualification.

    Attributes
    ----------
    x : (n,) array
        The point.
    scale : float
        The stationarity that counts as of order one.
    labels : (names of inequalities, names of equalities)
        In the order of `lam` and `nu`; empty for a set known by its projection alone.
    values : (g, h)
        Constraints at the point, shapes (m,) and (p,).
    active : (m,) bool array
        Which inequalities hold with equality.
    fails : dict
        Which of "stationarity", "primal", "dual" and "complementarity" fail, and why, in words.
    qualification : str
        "LICQ", "MFCQ", "linear", "none", "unknown", or "undefined" where something is not finite.

    Where only multipliers of the wrong sign balance ∇f, λ, ν and the residuals are those of least squares on the active
    constraints, of any sign: then "dual" is what fails.
    """

    x: Array
    scale: float
    labels: tuple[tuple[str, ...], tuple[str, ...]]
    values: tuple[Array, Array]
    active: Mask
    fails: dict[str, str]
    qualification: str

    @property
    def holds(self) -> bool:
        """Whether no condition fails."""
        return not self.fails

    def __str__(self) -> str:
        residuals = (
            ("stationarity", self.stationarity, f"‖∇f + Jgᵀλ + Jhᵀν‖∞, beside {self.scale:.3g} at the standard start"),
            ("primal", self.primal, "greatest violation of a constraint"),
            ("dual", self.dual, "most negative multiplier"),
            ("complementarity", self.complementarity, "max |λᵢgᵢ|"),
        )
        lines = [
            f"{'fails' if name in self.fails else 'holds':6} {name:16} {value:9.2e}  {self.fails.get(name) or meaning}"
            for name, value, meaning in residuals
        ]
        there = [(self.labels[0][i], f"λ = {self.lam[i]:.6g}") for i in np.flatnonzero(self.active)]
        there += [(label, f"ν = {value:.6g}") for label, value in zip(self.labels[1], self.nu, strict=True)]
        shown = ", ".join(f"{label} ({value})" for label, value in there[:SHOWN])
        more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        lines.append(f"active: {shown or 'no constraint'}{more}")
        lines.append(f"constraint qualification: {SENTENCES[self.qualification]}")
        return "\n".join(lines)


SENTENCES = {"LICQ": LICQ, "MFCQ": MFCQ, "linear": LINEAR, "none": NOTHING, "unknown": UNKNOWN,
             "undefined": UNDEFINED}  # fmt: skip


def conditions(problem: ProblemBase, x: Any, rtol: float = 1e-6) -> Conditions:
    """Examine the KKT conditions at x.

    Stationarity and complementarity hold where they are at most `rtol` times the problem's scale, feasibility by the
    rule that a claim of convergence must meet.

    Raises
    ------
    InputError
        For an x of the wrong shape.
    """
    x = np.asarray(x, dtype=float)
    found = kkt.kkt(problem, x)
    scale = kkt.scale_of(problem)
    if not (isfinite(scale) and scale > 0):
        scale = max(1.0, found.stationarity if isfinite(found.stationarity) else 1.0)
    with np.errstate(all="ignore"):
        known = found.lam.size + found.nu.size > 0
        c = None if _many_bounds(problem) or not known else constraints(problem, x)
        active = _active(problem, x, c)
        signed = None
        if c is not None and not found.stationarity <= rtol * scale:
            signed = _of_any_sign(problem, x, c, active, rtol * scale)
        found = found if signed is None else signed
        fails = _failures(problem, x, found, c, active, rtol * scale)
        labels = names(problem) if known else ((), ())
        values = (np.empty(0), np.empty(0)) if c is None else (c.g, c.h)
        qualified = qualification(problem, x, c, active)
        return Conditions(**vars(found), x=x, scale=scale, labels=labels, values=values, active=active, fails=fails,
                          qualification=qualified)  # fmt: skip


def active_set(problem: ProblemBase, x: Array) -> Mask:
    """Return which inequalities are active at x, shape (m,); empty for a set known by its projection alone."""
    formed = _many_bounds(problem) or not problem.constraint_forms or by_projection(problem)
    return _active(problem, x, None if formed else constraints(problem, x))


def _many_bounds(problem: ProblemBase) -> bool:
    return only_bounds(problem) and problem.n > LARGE


def _active(problem: ProblemBase, x: Array, c: Constraints | None) -> Mask:
    if _many_bounds(problem):
        return _at_bounds(problem, x)
    return np.zeros(0, dtype=bool) if c is None else _near(problem, x, c)


def _at_bounds(problem: ProblemBase, x: Array) -> Mask:
    """Which finite bounds are active, the lower before the upper ones; no row is formed."""
    assert problem.all_bounds is not None
    reach = ACTIVE * max(length_of(problem, x), float(np.abs(x).max()))
    return np.concatenate([(np.abs(x - side) <= reach)[np.isfinite(side)] for side in problem.all_bounds])


def _near(problem: ProblemBase, x: Array, c: Constraints) -> Mask:
    """Which inequalities are as near as ACTIVE, measured along their own gradients."""
    lengths = np.linalg.norm(c.Jg, axis=1)
    lengths = np.where(lengths > 0, lengths, 1.0)
    reach = max(length_of(problem, x), float(np.abs(x).max()))
    return np.asarray(c.g / lengths >= -ACTIVE * reach)


def _failures(
    problem: ProblemBase, x: Array, found: kkt.KKT, c: Constraints | None, active: Mask, tolerance: float
) -> dict[str, str]:
    """Return what fails, in words."""
    fails: dict[str, str] = {}
    if not isfinite(found.stationarity + found.primal):
        what = "x" if not np.isfinite(x).all() else "∇f or a constraint"
        every = ("stationarity", "primal", "dual", "complementarity")
        return dict.fromkeys(every, f"not decided: {what} is not finite")
    if not found.stationarity <= tolerance:
        fails["stationarity"] = f"no multipliers balance ∇f: {found.stationarity:.2e} is over {tolerance:.2e}"
    if found.dual > 0:
        label = names(problem)[0][int(np.argmin(found.lam))]
        fails["dual"] = f"only λ = {-found.dual:.3g} < 0 of {label} would balance ∇f: f falls where {label} is left"
    outside = kkt.infeasibility(problem, x)
    if outside:
        fails["primal"] = outside if c is None else f"{_worst(problem, c)} is violated by {found.primal:.2e}"
    if not found.complementarity <= tolerance * length_of(problem, x):
        fails["complementarity"] = _product(problem, x, found.lam, active)
    return fails


def _product(problem: ProblemBase, x: Array, lam: Array, active: Mask) -> str:
    """Say which λᵢgᵢ is the greatest."""
    g = _bound_values(problem, x) if only_bounds(problem) else constraints(problem, x).g
    i = int(np.argmax(np.abs(lam * g)))
    size = f"{names(problem)[0][i]} = {g[i]:.2e} with λ = {lam[i]:.2e}"
    if active[i]:
        return f"an active constraint, but a multiplier too great for what is left of it: {size}"
    return f"a multiplier of a constraint that is not active: {size}"


def _bound_values(problem: ProblemBase, x: Array) -> Array:
    """Return g of the finite bounds, in the order of their multipliers; no row is formed."""
    sides = bounds_of(problem)
    assert sides is not None
    return np.concatenate([sign * (x - side)[np.isfinite(side)] for side, sign in zip(sides, (-1.0, 1.0), strict=True)])


def _worst(problem: ProblemBase, c: Constraints) -> str:
    """Return the name of the constraint that is violated most."""
    inequalities, equalities = names(problem)
    return [*inequalities, *equalities][int(np.argmax(np.concatenate([c.g, np.abs(c.h)])))]


def _of_any_sign(problem: ProblemBase, x: Array, c: Constraints, active: Mask, tolerance: float) -> kkt.KKT | None:
    """Return what balances ∇f with a negative multiplier of an active constraint; None where that is not it."""
    where = np.flatnonzero(active)
    g = np.asarray(problem.gradient(x), dtype=float)
    rows = np.concatenate([c.Jg[where], c.Jh])
    if not where.size or not (np.isfinite(rows).all() and np.isfinite(g).all()):
        return None
    free = np.linalg.lstsq(rows.T, -g, rcond=None)[0]
    residual = float(np.abs(g + rows.T @ free).max())
    if not (residual <= tolerance and free[: where.size].min() < 0):
        return None
    lam = np.zeros(active.size)
    lam[where] = free[: where.size]
    primal = max(0.0, float(c.g.max(initial=0.0)), float(np.abs(c.h).max(initial=0.0)))
    return kkt.KKT(lam, free[where.size :], residual, primal, float(-lam.min()), float(np.abs(lam * c.g).max()))


def qualification(problem: ProblemBase, x: Array, c: Constraints | None, active: Mask) -> str:
    """Return which constraint qualification holds at x: a key of SENTENCES."""
    if not np.isfinite(x).all():
        return "undefined"
    if c is None:
        return "unknown" if by_projection(problem) else "linear" if problem.constrained else "LICQ"
    rows = np.concatenate([c.Jg[active], c.Jh])
    lengths = np.linalg.norm(rows, axis=1)
    if not np.isfinite(rows).all():
        return "undefined"
    unit = rows / np.where(lengths > 0, lengths, 1.0)[:, None]
    if len(rows) == 0 or (len(rows) <= x.size and np.linalg.svd(unit, compute_uv=False)[-1] > INDEPENDENT):
        return "LICQ"
    first = size_of(problem.inequality, x)
    curved = bool(active[:first].any()) or (problem.equality is not None) or _set_is_curved(problem, x, active)
    if not curved:
        return "linear"
    return "MFCQ" if _leads_inside(unit, int(active.sum())) else "none"


def _set_is_curved(problem: ProblemBase, x: Array, active: Mask) -> bool:
    """Whether an active inequality is the set's own and curved: a ball, a cone."""
    if problem.feasible is None:
        return False
    own = problem.feasible.inequality(x).size
    sides = bounds_of(problem)
    end = active.size - (0 if sides is None else sum(int(np.isfinite(side).sum()) for side in sides))
    there = active[end - own : end].astype(float)
    return bool(there.any() and problem.feasible.inequality_curvature(x, there).any())


def _leads_inside(unit: Array, m: int) -> bool:
    """Whether the equalities' rows are independent, and a direction along them moves off every active inequality.

    The direction of the greatest least rate t: max t subject to aᵢᵀd ≤ −t, bⱼᵀd = 0, |d| ≤ 1.
    Source: Mangasarian & Fromovitz (1967).
    """
    from scipy.optimize import linprog

    A, B = unit[:m], unit[m:]
    if len(B) and (len(B) > unit.shape[1] or np.linalg.svd(B, compute_uv=False)[-1] <= INDEPENDENT):
        return False
    n = unit.shape[1]
    found = linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.column_stack([A, np.ones(m)]),
        b_ub=np.zeros(m),
        A_eq=np.column_stack([B, np.zeros(len(B))]) if len(B) else None,
        b_eq=np.zeros(len(B)) if len(B) else None,
        bounds=[(-1.0, 1.0)] * n + [(None, 1.0)],
    )
    return found.x is not None and bool(found.success and found.x[-1] > INWARDS)

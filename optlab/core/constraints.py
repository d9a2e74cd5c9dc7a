"""Constraints of a problem in one form.

Inequalities g(x) ≤ 0 in this order: functions, linear rows, the set's own, lower bounds, upper bounds;
equalities h(x) = 0: functions, linear rows, the set's own. Infinite bounds are no constraints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.status import EvaluationError
from optlab.kernels.norms import max_abs

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.derivatives import Array


@dataclass(frozen=True)
class Constraints:
    """All constraints at a point: g (m,), Jg (m, n), h (p,), Jh (p, n)."""

    g: Array
    Jg: Array
    h: Array
    Jh: Array

    @property
    def finite(self) -> bool:
        """Whether every number is finite."""
        return all(bool(np.isfinite(part).all()) for part in (self.g, self.Jg, self.h, self.Jh))


def bounds_of(problem: ProblemBase) -> tuple[Array, Array] | None:
    """Return (lo, hi), each (n,), read-only, from the bounds and from those of the feasible set; None without any."""
    return problem.all_bounds


def project(problem: ProblemBase, x: Array) -> Array:
    """Project onto the feasible set and the bounds; x itself where there is neither."""
    there = problem.projection_set
    return x if there is None else there.project(x)


def clipped(problem: ProblemBase, x: Array) -> Array:
    """Return x within the bounds, the set's own included; x itself where there are none."""
    sides = bounds_of(problem)
    return x if sides is None else np.minimum(np.maximum(x, sides[0]), sides[1])


def equality(problem: ProblemBase, x: Array) -> Array:
    """h(x) of all equality constraints, shape (p,)."""
    parts = [np.empty(0, dtype=x.dtype)]
    if problem.equality is not None:
        parts.append(_values(problem.equality(x), "equality", x))
    if problem.linear_equality is not None:
        A, b = problem.linear_equality
        parts.append(A @ x - b)
    if problem.feasible is not None:
        parts.append(problem.feasible.equality(x))
    return np.concatenate(parts)


def equality_jacobian(problem: ProblemBase, x: Array) -> Array:
    """∂h_i/∂x_j, shape (p, n)."""
    parts = [np.empty((0, x.size), dtype=x.dtype)]
    if problem.equality is not None:
        parts.append(_rows(problem.equality_jacobian(x), "equality_jacobian", x))
    if problem.linear_equality is not None:
        parts.append(problem.linear_equality[0])
    if problem.feasible is not None:
        parts.append(problem.feasible.equality_jacobian(x))
    return np.concatenate(parts)


def inequality(problem: ProblemBase, x: Array) -> Array:
    """g(x) of all inequalities but the bounds, shape (m,)."""
    parts = [np.empty(0, dtype=x.dtype)]
    if problem.inequality is not None:
        parts.append(_values(problem.inequality(x), "inequality", x))
    if problem.linear_inequality is not None:
        A, b = problem.linear_inequality
        parts.append(A @ x - b)
    if problem.feasible is not None:
        parts.append(problem.feasible.inequality(x))
    return np.concatenate(parts)


def inequality_jacobian(problem: ProblemBase, x: Array) -> Array:
    """∂g_i/∂x_j of all inequalities but the bounds, shape (m, n)."""
    parts = [np.empty((0, x.size), dtype=x.dtype)]
    if problem.inequality is not None:
        parts.append(_rows(problem.inequality_jacobian(x), "inequality_jacobian", x))
    if problem.linear_inequality is not None:
        parts.append(problem.linear_inequality[0])
    if problem.feasible is not None:
        parts.append(problem.feasible.inequality_jacobian(x))
    return np.concatenate(parts)


def _values(given: Any, name: str, x: Array) -> Array:
    """Return what a constraint function gave as an array, (m,); a number counts as one of them."""
    array = np.asarray(given)
    if array.dtype.kind not in "fiu" or array.ndim > 1:
        what = f"shape {array.shape}" if array.dtype.kind in "fiu" else f"{given!r:.100}"
        msg = f"{name} must return a number or numbers of shape (m,), given {what}"
        raise EvaluationError(msg)
    return np.atleast_1d(array.astype(x.dtype, copy=False))


def _rows(given: Any, name: str, x: Array) -> Array:
    """Return what a Jacobian gave as an array, (m, n); one row may have shape (n,)."""
    array = np.asarray(given)
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2) or array.shape[-1] != x.size:
        what = f"shape {array.shape}" if array.dtype.kind in "fiu" else f"{given!r:.100}"
        msg = f"{name} must return shape (m, {x.size}), a row for each constraint, given {what}"
        raise EvaluationError(msg)
    return np.atleast_2d(array.astype(x.dtype, copy=False))


def check_paired(values: Array, J: Array, kind: str) -> None:
    """Raise an EvaluationError unless a Jacobian has a row for each of its constraints."""
    if values.size != len(J):
        msg = f"{kind} gives {values.size} numbers, {kind}_jacobian {len(J)} rows (with linear rows and sets)"
        raise EvaluationError(msg)


def lagrangian_hessian(
    problem: ProblemBase, x: Array, lam: Array, nu: Array, size: Callable[[str, Array], int]
) -> Array:
    """∇²f + Σ λ_i ∇²g_i + Σ ν_j ∇²h_j, shape (n, n); λ and ν in the order of this module, with or without bounds.

    ``size(kind, x)`` says how many functions there are of the kind "equality" or "inequality".
    """
    m = size("inequality", x)
    H = problem.lagrangian_hessian(x, lam[:m], nu[: size("equality", x)])
    if problem.feasible is None:
        return H
    m += 0 if problem.linear_inequality is None else len(problem.linear_inequality[1])
    weights = np.asarray(lam[m : m + problem.feasible.inequality(x).size])
    return H + problem.feasible.inequality_curvature(x, weights) if weights.any() else H


def size_of(function: Callable[[Array], Any] | None, x: Array) -> int:
    """How many components a function has at x; 0 without a function."""
    return 0 if function is None else int(np.size(function(x)))


def constraints(problem: ProblemBase, x: Array) -> Constraints:
    """Evaluate every constraint and its Jacobian row at x, uncounted."""
    g, Jg = [inequality(problem, x)], [inequality_jacobian(problem, x)]
    h, Jh = equality(problem, x), equality_jacobian(problem, x)
    check_paired(g[0], Jg[0], "inequality")
    check_paired(h, Jh, "equality")
    sides = bounds_of(problem)
    if sides is not None:
        for side, sign in ((sides[0], -1.0), (sides[1], 1.0)):
            there = np.flatnonzero(np.isfinite(side))
            rows = np.zeros((there.size, x.size))
            rows[np.arange(there.size), there] = sign
            g.append(sign * (x - side)[there])
            Jg.append(rows)
    return Constraints(np.concatenate(g), np.concatenate(Jg), h, Jh)


def violation(problem: ProblemBase, x: Array) -> float:
    """Return the greatest violation of a constraint at x, max(0, g, |h|), uncounted; NaN where one is not finite."""
    parts = [np.zeros(1), inequality(problem, x), np.abs(equality(problem, x))]
    if problem.all_bounds is not None:
        parts += [problem.all_bounds[0] - x, x - problem.all_bounds[1]]
    if problem.projection_set is not None and by_projection(problem):
        parts.append(np.abs(problem.projection_set.project(x) - x))
    return float(np.concatenate(parts).max())


def names(problem: ProblemBase) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the inequalities and the equalities are called, in the order of their multipliers."""
    x, none = np.asarray(problem.start(), dtype=float), 0
    rows = [none if pair is None else len(pair[1]) for pair in (problem.linear_inequality, problem.linear_equality)]
    there = problem.feasible
    own = [none, none] if there is None else [there.inequality(x).size, there.equality(x).size]
    said: list[list[str]] = []
    for letter, function, linear, of_set in zip("gh", (problem.inequality, problem.equality), rows, own, strict=True):
        many = size_of(function, x)
        said.append(_numbered(letter, many) + _numbered(f"linear {letter}", linear) + _numbered("set", of_set))
    sides = bounds_of(problem)
    if sides is not None:
        for side, sign in zip(sides, "≥≤", strict=True):
            said[0] += [f"x{i + 1} {sign} {side[i]:g}" for i in np.flatnonzero(np.isfinite(side))]
    return tuple(said[0]), tuple(said[1])


def not_finite(problem: ProblemBase, x: Array) -> str:
    """Return the first constraint that is not finite at x, or whose gradient is not, in words; "" where all are.

    Where none is written as a function, bounds aside, there is nothing to look at.
    """
    if not problem.constraint_forms or only_bounds(problem) or by_projection(problem):
        return ""
    c, labels = constraints(problem, x), names(problem)
    for what, parts in (("constraint", (c.g[:, None], c.h[:, None])), ("the gradient of constraint", (c.Jg, c.Jh))):
        for values, called in zip(parts, labels, strict=True):
            wrong = np.flatnonzero(~np.isfinite(values).all(axis=1))
            if wrong.size:
                return f"{what} {called[wrong[0]]}"
    return ""


def _numbered(word: str, many: int) -> list[str]:
    return [word] if many == 1 and word == "set" else [f"{word}{' ' if ' ' in word or word == 'set' else ''}{i + 1}"
                                                       for i in range(many)]  # fmt: skip


def length_of(problem: ProblemBase, x: Array) -> float:
    """Return the length ℓ ≤ 1 that makes a distance to a constraint comparable with 1: that of x or of the start.

    Without it a domain of size 10⁻⁶ would count as active throughout.
    """
    return length_from(x, problem.start_length)


def length_from(x: Array, start_length: float) -> float:
    """Return ℓ from x and the length of the standard start."""
    size = max(max_abs(x), start_length or 1.0)
    return size if 0 < size < 1 else 1.0


def only_bounds(problem: ProblemBase) -> bool:
    """Whether bounds (or a box) are all the constraints there are: then nothing of size n × n is formed."""
    kinds = set(problem.constrained)
    box = problem.feasible is None or problem.feasible.form == ("bounds",)
    return bool(kinds) and kinds <= {"bounds", "set"} and box


LARGE = 1000
"""Beyond this n the rows of a set are not formed: stationarity is judged by its projection."""


def by_projection(problem: ProblemBase) -> bool:
    """Whether the feasible set is judged by its projection: it has no other form, or one of too many rows."""
    there = problem.feasible
    if there is None or only_bounds(problem):
        return False
    return not there.form or (problem.n > LARGE and set(problem.constrained) <= {"set", "bounds"})

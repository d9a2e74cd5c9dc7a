"""The battery for a convex set: projection, membership, support and the functions that describe it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.checks.check_problem import out_of_range
from optlab.checks.problem_case import largest, read_only
from optlab.checks.report import Failed, Report, Skipped, carry_out, require, within
from optlab.core.settings import build, name_of, settings_of, type_of
from optlab.core.status import InputError
from optlab.sets.base import Array, ConvexSet

N = 5
"""The n of the points where any will do."""

SCALES = (1e-8, 1e-2, 1.0, 1.0, 1.0, 1e2, 1e8)
"""How large the random points are."""

RAY = (0.01, 0.5, 3.0)
"""Which points beyond a projection are projected again: t = 0 is the projection, t = 1 the point it is of."""

ROUNDING = 1e-12
"""What laws may be missed by, relative to the lengths of the points: projections onto intersections are iterated."""

DIFFERENCE, SMOOTH = 1e-5, 1e-6
"""The step of central differences, relative to the point, and how near derivatives must be to them."""


def check_set(item: ConvexSet, n: int | None = None, seed: int = 0) -> Report:
    """Check a set's projection, membership, support and functions; the report is a table of small checks.

    Parameters
    ----------
    item : ConvexSet
        The instance to check, with its settings.
    n : int, optional
        The n of the points; by default what the set's settings say, or 5.
    seed : int
        Of the random points.
    """
    return carry_out(f"set {name_of(item)}", CHECKS, SetCase(item, n or item.dimension or N, seed))


@dataclass(frozen=True)
class SetCase:
    """A set and random points of all sizes, near it and far from it."""

    item: ConvexSet
    n: int
    seed: int

    @cached_property
    def points(self) -> list[Array]:
        """Random points, read-only: about the origin in opposite pairs, and about a member."""
        random = np.random.default_rng(self.seed)
        member = self.item.project(read_only(random.standard_normal(self.n)))
        about = [scale * random.standard_normal(self.n) for scale in SCALES]
        near = [member + scale * random.standard_normal(self.n) for scale in SCALES]
        return [read_only(x) for x in (*about, *(-x for x in about), *near)]

    @cached_property
    def projections(self) -> list[Array]:
        """The projections of the points, read-only."""
        return [read_only(self.item.project(x)) for x in self.points]

    @property
    def pairs(self) -> list[tuple[Array, Array]]:
        """The points with their projections."""
        return list(zip(self.points, self.projections, strict=True))

    @cached_property
    def directions(self) -> list[Array]:
        """Random directions, and those of the axes."""
        random = np.random.default_rng(self.seed + 1)
        axes = [sign * np.eye(self.n)[i] for i in range(min(self.n, N)) for sign in (1.0, -1.0)]
        return [read_only(g) for g in (*random.standard_normal((N, self.n)), *axes)]


def norm(v: Array) -> float:
    """‖v‖."""
    return float(np.linalg.norm(v))


def projections_are_members(case: SetCase) -> str:
    """Check that every projection is an (n,) array that the set contains."""
    for x in case.points:
        p = case.item.project(x)
        require(np.shape(p) == x.shape, f"the projection must have shape {x.shape}, given {np.shape(p)}")
        require(bool(np.isfinite(p).all()), f"the projection of {x} is {p}")
        require(case.item.contains(p), f"the projection of {x}, {p}, is not in the set")
    return f"{len(case.points)} points"


def members_stay(case: SetCase) -> str:
    """Check that a member is returned itself, so that projecting twice changes no bit."""
    for p in case.projections:
        require(case.item.project(p) is p, f"{p} is a member, but its projection is another array")
    return ""


def projections_are_the_nearest_points(case: SetCase) -> str:
    """Check the variational inequality: (x − Px)ᵀ(z − Px) ≤ 0 for all members z."""
    worst, size = 0.0, max(map(norm, case.projections))
    for x, p in case.pairs:
        for z in case.projections:
            worst = max(worst, float((x - p) @ (z - p)) / ((norm(x) + norm(p) + norm(z)) ** 2 or 1.0))
        worst = max(worst, case.item.variational_gap(x) / ((norm(x) + size) ** 2 or 1.0))
    return within(worst, ROUNDING, "(x − Px)ᵀ(z − Px), relative")


def projections_are_those_of_the_whole_ray(case: SetCase) -> str:
    """Check that p + t(x − p) has the projection p of x, for t between 0 and 1 and beyond: x − p is a normal at p."""
    worst = 0.0
    for x, p in case.pairs:
        for t in RAY:
            y = read_only(p + t * (x - p))
            worst = max(worst, norm(case.item.project(y) - p) / (norm(x) + norm(y) + norm(p) or 1.0))
    return within(worst, ROUNDING, "‖P(p + t(x − p)) − p‖, relative")


def projection_does_not_move_points_apart(case: SetCase) -> str:
    """Check that ‖Px − Py‖ ≤ ‖x − y‖."""
    worst = 0.0
    for i, (x, p) in enumerate(case.pairs):
        for y, q in case.pairs[:i]:
            worst = max(worst, (norm(p - q) - norm(x - y)) / (norm(x) + norm(y) + norm(p) + norm(q) or 1.0))
    return within(worst, ROUNDING, "‖Px − Py‖ − ‖x − y‖, relative")


def slack_is_a_distance(case: SetCase) -> str:
    """Check that a point is a member with its distance as slack."""
    for x, p in case.pairs:
        distance = norm(x - p) * (1.0 + ROUNDING) + ROUNDING * norm(x)
        require(case.item.contains(x, distance), f"{x} is {distance:.3e} away, but no member with that slack")
    return ""


def points_outside_are_outside(case: SetCase) -> str:
    """Check that a point that its projection moves is no member, and half-way to it neither."""
    moved = [(x, p) for x, p in case.pairs if norm(x - p) > ROUNDING * (norm(x) + norm(p))]
    if not moved:
        msg = "all points are members"
        raise Skipped(msg)
    for x, p in moved:
        require(not case.item.contains(x), f"{x} is a member, but its projection is {p}")
        half = p + 0.5 * (x - p)
        apart = norm(half - p) > ROUNDING * (norm(x) + norm(p))
        require(not (apart and case.item.contains(half)), f"half-way from {x} to its projection there is a member")
    return f"{len(moved)} of {len(case.points)} points"


def single_precision_is_kept(case: SetCase) -> str:
    """Check that the projection of a float32 array is one, and a member."""
    for x in case.points:
        single: Any = x.astype(np.float32)
        single.setflags(write=False)
        p: Any = case.item.project(single)
        require(p.dtype == np.float32, f"the projection of a float32 array is {p.dtype}")
        require(case.item.contains(p), f"in float32 the projection of {single}, {p}, is not in the set")
    return ""


def points_that_are_not_finite_are_no_members(case: SetCase) -> str:
    """Check that NaN is no member, and that no finite point comes of it where there is nothing to say."""
    x = np.zeros(case.n)
    x[-1] = np.nan
    require(not case.item.contains(x), "a point with a NaN is a member")
    require(bool(np.isnan(case.item.project(read_only(x))).any()), "the projection of a point with a NaN is finite")
    return ""


def support_is_the_maximum(case: SetCase) -> str:
    """Check that the linear minimizer is a member, that no member is lower, and that support is what it attains."""
    find, support = (getattr(case.item, method, None) for method in ("linear_minimizer", "support"))
    if find is None and support is None:
        msg = "there is no linear_minimizer and no support"
        raise Skipped(msg)
    worst, seen = 0.0, 0
    for g in case.directions:
        greatest = None if support is None else support(g)
        z = None if find is None else find(-g)
        if z is not None and np.isfinite(z).all():
            seen += 1
            require(case.item.contains(z, ROUNDING * norm(z)), f"linear_minimizer({-g}) = {z} is not in the set")
            if greatest is not None:
                worst = max(worst, abs(float(g @ z) - greatest) / (norm(z) or 1.0))
            greatest = float(g @ z)
        elif z is not None and support is not None:
            require(greatest == np.inf, f"linear_minimizer({-g}) is not finite, but support is {greatest}")
        if greatest is not None:
            above = [(float(g @ p) - greatest) / (norm(p) or 1.0) for p in case.projections]
            worst = max(worst, *above)
    within(worst, ROUNDING, "a difference")
    return f"{seen} finite of {len(case.directions)}"


def functions_describe_the_set(case: SetCase) -> str:
    """Check that bounds, g ≤ 0 and h = 0 hold for members, and that one of them is missed by the others."""
    item = case.item
    if not item.form:
        msg = "it is known by its projection alone"
        raise Skipped(msg)
    for x, p in case.pairs:
        size = norm(x) + norm(p)
        met = _violation(item, p) / (norm(p) or 1.0)
        require(met <= ROUNDING, f"the member {p} misses one of its functions by {met:.1e}, relative")
        if norm(x - p) > np.sqrt(ROUNDING) * size:
            require(_violation(item, x) > 0, f"{x} is no member, but meets all functions")
    return ", ".join(item.form)


def _violation(item: ConvexSet, x: Array) -> float:
    """The distance from the functions' conditions, with rows of length 1."""
    worst = 0.0
    sides = item.bounds(x.size)
    if sides is not None:
        worst = max(worst, float((sides[0] - x).max()), float((x - sides[1]).max()))
    for kind in ("inequality", "equality"):
        value, rows = getattr(item, kind)(x), getattr(item, kind + "_jacobian")(x)
        require(rows.shape == (value.size, x.size), f"the {kind} has {value.size} rows, its Jacobian {rows.shape}")
        lengths = np.linalg.norm(rows, axis=1)
        relative = value / np.where(lengths > 0, lengths, 1.0)
        worst = max(worst, float((np.abs(relative) if kind == "equality" else relative).max(initial=0.0)))
    return worst


def derivatives_are_right(case: SetCase) -> str:
    """Check the Jacobians of g and h and the curvature of g against central differences."""
    item, worst = case.item, 0.0
    x0 = case.points[2]
    m, p = item.inequality(x0).size, item.equality(x0).size
    if m + p == 0:
        msg = "there are no functions"
        raise Skipped(msg)
    lam = np.random.default_rng(case.seed).random(m)
    for (x, near), scale in zip(case.pairs, 3 * SCALES, strict=True):
        if scale != 1.0:
            continue
        h = DIFFERENCE * (norm(x) + norm(near))
        if m:
            rows = _differences(item.inequality, x, h)
            worst = max(worst, _apart(item.inequality_jacobian(x), rows))
            curved = _differences(lambda z: lam @ item.inequality_jacobian(z), x, h)
            worst = max(worst, _apart(item.inequality_curvature(x, lam), curved))
        if p:
            worst = max(worst, _apart(item.equality_jacobian(x), _differences(item.equality, x, h)))
    return within(worst, SMOOTH, "a difference, relative")


def _differences(function: Callable[[Array], Array], x: Array, h: float) -> Array:
    steps = h * np.eye(x.size)
    return np.stack([(function(x + s) - function(x - s)) / (2.0 * h) for s in steps], axis=-1)


def _apart(given: Array, differences: Array) -> float:
    require(given.shape == differences.shape, f"a derivative must have shape {differences.shape}, given {given.shape}")
    return largest(given - differences) / max(1.0, largest(given)) if given.size else 0.0


def pickles(case: SetCase) -> str:
    """Check that a pickled copy projects to the same bits."""
    copy = pickle.loads(pickle.dumps(case.item))
    for x, p in case.pairs:
        require(np.array_equal(copy.project(x), p), f"the copy projects {x} to another point")
    return ""


def settings_are_checked(case: SetCase) -> str:
    """Check that the class is a frozen dataclass that refuses settings out of range by name."""
    cls: Any = type(case.item)
    require(is_dataclass(cls), "the class must be decorated with @dataclass(frozen=True)")
    require(cls.__dataclass_params__.frozen, "the dataclass must be frozen")
    right = {name: getattr(case.item, name) for name in settings_of(cls)}
    trials = [(name, bad) for name in right for bad in out_of_range(type_of(cls, name))]
    for name, bad in trials:
        try:
            build(cls, {**right, name: bad})
        except InputError as error:
            require(name in str(error), f"{name} = {bad!r} is refused without naming the setting: {error}")
        else:
            msg = f"{name_of(cls)} accepts {name} = {bad!r}"
            raise Failed(msg)
    return f"{len(trials)} bad values"


CHECKS: tuple[Callable[[SetCase], str], ...] = (
    projections_are_members,
    members_stay,
    projections_are_the_nearest_points,
    projections_are_those_of_the_whole_ray,
    projection_does_not_move_points_apart,
    slack_is_a_distance,
    points_outside_are_outside,
    single_precision_is_kept,
    points_that_are_not_finite_are_no_members,
    support_is_the_maximum,
    functions_describe_the_set,
    derivatives_are_right,
    pickles,
    settings_are_checked,
)

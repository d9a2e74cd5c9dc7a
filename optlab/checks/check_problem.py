"""The battery for a problem: derivatives, facts, and the manners of its functions."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any, Literal, get_origin

import numpy as np

from optlab.checks.problem_case import ProblemCase, largest, read_only
from optlab.checks.problem_derivatives import DERIVATIVE_CHECKS
from optlab.checks.problem_facts import FACT_CHECKS
from optlab.checks.problem_samples import SAMPLE_CHECKS
from optlab.checks.report import Failed, Report, Skipped, carry_out, require
from optlab.core import constraints as rows
from optlab.core.problem import ProblemBase
from optlab.core.settings import build, name_of, settings_of, type_of
from optlab.core.status import InputError
from optlab.core.transform import Wrapper
from optlab.core.user_problem import Problem

NAN = float("nan")
SLACK = 1e-12
INFEASIBLE_START = "infeasible_start"
"""Tag of a problem whose standard start violates its own bounds or set, as published."""
UNKNOWN = "no_such_setting"


def check_problem(problem: ProblemBase, formula: Callable[[Any], Any] | None = None, seed: int = 0) -> Report:
    """Check a problem's derivatives, facts and manners; the report is a table of small checks.

    Parameters
    ----------
    problem : ProblemBase
        The instance to check, with its settings.
    formula : callable, optional
        f(x) written so that autograd can trace it, where `problem.value` cannot be traced.
    seed : int
        Of the random points and directions.
    """
    return carry_out(f"problem {problem}", CHECKS, ProblemCase(problem, formula, seed))


def start_is_a_point(case: ProblemCase) -> str:
    """Check that start() gives a fresh, finite (n,) array."""
    problem = case.problem
    x = problem.start()
    require(np.asarray(x).dtype.kind == "f", f"start() must return a float array, given {x!r}")
    require(x.shape == (problem.n,), f"start() must have shape ({problem.n},), given {x.shape}")
    require(bool(np.isfinite(x).all()), f"start() must be finite, given {x}")
    if x.flags.writeable:
        kept = x.copy()
        x += 1.0
        require(np.array_equal(problem.start(), kept), "start() returns an array that the next call shares")
    return f"n = {problem.n}"


def f_is_finite_and_deterministic_at_the_start(case: ProblemCase) -> str:
    """Check that f and ∇f are finite at the start, and the same when asked again."""
    problem, x = case.problem, case.start
    f, g = problem.value(x), problem.gradient(x)
    require(bool(np.isfinite(f)), f"f = {f} at the start")
    require(np.shape(g) == (problem.n,), f"the gradient must have shape ({problem.n},), given {np.shape(g)}")
    require(bool(np.isfinite(g).all()), f"the gradient at the start is not finite: {g}")
    again = read_only(x)
    same = problem.value(again) == f and np.array_equal(problem.gradient(again), g)
    require(same, "a second evaluation at the start gives another result")
    return f"f = {f:.6g}, ‖∇f‖∞ = {largest(g):.3g}"


def results_are_not_shared(case: ProblemCase) -> str:
    """Check that returned arrays are neither overwritten by the next call nor windows into the problem."""
    problem = case.problem
    x, y = case.start, case.seeded[0].x
    needs = [need for need in ("gradient", "hessian") if not problem.lacks(need) and problem.n <= 1000]  # noqa: PLR2004
    for need in needs:
        first = getattr(problem, need)(x)
        kept = np.array(first)
        first = np.asarray(first)
        getattr(problem, need)(y)
        require(np.array_equal(first, kept), f"the {need} is returned in a buffer that the next call overwrites")
        if first.flags.writeable:
            first += 1.0
            require(np.array_equal(getattr(problem, need)(x), kept), f"changing a returned {need} changes the problem")
    return ""


def start_is_feasible(case: ProblemCase) -> str:
    """Check that the start is in the set and within the bounds."""
    problem, x = case.problem, case.start
    if problem.feasible is None and problem.bounds is None:
        msg = "there is no set and there are no bounds"
        raise Skipped(msg)
    moved = largest(rows.project(problem, x) - x)
    if INFEASIBLE_START in problem.tags:
        require(moved > 0, f"it is tagged {INFEASIBLE_START}, but the start is feasible")
        return f"infeasible by {moved:.1e}, as its tag says"
    require(moved <= SLACK * (1.0 + largest(x)), f"projection moves the start by {moved:.1e}")
    return ""


def declarations_are_true(case: ProblemCase) -> str:
    """Check that `dimension` and `constraints`, which lists show, are what the instance has."""
    problem, said = case.problem, []
    dimension, constraints = getattr(problem, "dimension", None), getattr(problem, "constraints", None)
    if isinstance(problem, (Problem, Wrapper)):
        msg = "it is made of functions" if isinstance(problem, Problem) else "it is made of another problem"
        raise Skipped(msg)
    if isinstance(dimension, int):
        require(problem.n == dimension, f"dimension = {dimension}, but n = {problem.n}")
        said.append(f"n = {dimension}")
    there = problem.constrained
    if there and constraints is None:
        said.append(f"constraints = ({', '.join(there)}) is not declared: lists and selections will not know")
    elif there or constraints:
        declared = sorted(constraints or ())
        require(declared == sorted(there), f"constraints = {declared}, but the instance has {sorted(there)}")
        said.append(", ".join(there))
    return "; ".join(said)


def projection_is_one(case: ProblemCase) -> str:
    """Check that projections are members, fixed by the projection, and never further apart than their points."""
    problem = case.problem
    if problem.feasible is None and problem.bounds is None:
        msg = "there is no set and there are no bounds"
        raise Skipped(msg)
    far = [read_only(factor * place.x) for place in case.places for factor in (1.0, 1e3)]
    near = [read_only(rows.project(problem, x)) for x in far]
    for x, p in zip(far, near, strict=True):
        require(np.array_equal(rows.project(problem, p), p), f"the projection of {x} is not its own projection")
        inside = problem.feasible is None or problem.feasible.contains(p)
        require(inside, f"the projection of {x} is not in the set")
    for (x, p), (y, q) in zip(zip(far, near, strict=True), zip(far[1:], near[1:], strict=True), strict=False):
        apart = float(np.linalg.norm(x - y))
        closer = float(np.linalg.norm(p - q)) <= apart + SLACK * (1.0 + largest(x) + largest(y))
        require(closer, "the projection moves two points apart")
    return f"{len(far)} points"


def pickles(case: ProblemCase) -> str:
    """Check that a pickled copy gives the same f and ∇f, bit for bit."""
    problem = case.problem
    if isinstance(problem, Problem):
        msg = "it is made of functions"
        raise Skipped(msg)
    copy = pickle.loads(pickle.dumps(problem))
    same = copy.value(case.start) == problem.value(case.start)
    require(
        same and np.array_equal(copy.gradient(case.start), problem.gradient(case.start)),
        "the copy gives another f or ∇f",
    )
    return ""


def settings_are_frozen(case: ProblemCase) -> str:
    """Check that the class is a frozen dataclass."""
    if isinstance(case.problem, (Problem, Wrapper)):
        msg = "it has no settings"
        raise Skipped(msg)
    require(is_dataclass(case.problem), "the class must be decorated with @dataclass(frozen=True)")
    require(type(case.problem).__dataclass_params__.frozen, "the dataclass must be frozen")  # type: ignore[attr-defined]
    return ""


def bad_settings_are_refused(case: ProblemCase) -> str:
    """Check that unknown settings and values out of range are refused by name."""
    cls = type(case.problem)
    if isinstance(case.problem, Problem) or not is_dataclass(cls):
        msg = "it has no settings"
        raise Skipped(msg)
    right = {name: getattr(case.problem, name) for name in settings_of(cls)}
    trials = [(UNKNOWN, 1), *((name, bad) for name in right for bad in out_of_range(type_of(cls, name)))]
    for name, bad in trials:
        try:
            build(cls, {**right, name: bad})
        except InputError as error:
            require(name in str(error), f"{name} = {bad!r} is refused without naming the setting: {error}")
        else:
            msg = f"{name_of(cls)} accepts {name} = {bad!r}"
            raise Failed(msg)
    return f"{len(trials)} bad values"


def out_of_range(annotation: Any) -> list[Any]:
    """Return values that a setting with this annotation must refuse."""
    if get_origin(annotation) is Literal:
        return ["no such choice"]
    bad: list[Any] = []
    for piece in getattr(annotation, "__metadata__", ()):
        for bound, shift in (("gt", 0), ("ge", -1), ("lt", 0), ("le", 1)):
            limit = getattr(piece, bound, None)
            if limit is not None:
                bad += [limit + shift, NAN]
    return bad


CHECKS: tuple[Callable[[ProblemCase], str], ...] = (
    start_is_a_point,
    f_is_finite_and_deterministic_at_the_start,
    results_are_not_shared,
    declarations_are_true,
    start_is_feasible,
    projection_is_one,
    *DERIVATIVE_CHECKS,
    *FACT_CHECKS,
    *SAMPLE_CHECKS,
    pickles,
    settings_are_frozen,
    bad_settings_are_refused,
)

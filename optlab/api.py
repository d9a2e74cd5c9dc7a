"""The names a user calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.choice import AUTO, Choice, NothingFitsError, choose
from optlab.core import batch, driver
from optlab.core.batch import Runs
from optlab.core.best import best_feasible
from optlab.core.column import OF_CONSTRAINTS, Column, compute_columns
from optlab.core.conditions import Conditions, conditions
from optlab.core.events import Watch
from optlab.core.optimizer import Optimizer
from optlab.core.oracle import COUNTERS
from optlab.core.precision import in_precision
from optlab.core.problem import Array, ProblemBase
from optlab.core.record import Record
from optlab.core.status import InputError, Status
from optlab.core.stop import Stop
from optlab.core.trace import COUNTS, Keep, Trace
from optlab.core.user_problem import Problem
from optlab.registry import Catalogue
from optlab.work import catalogue

if TYPE_CHECKING:
    import pandas as pd

    from optlab.checks.report import Report
    from optlab.experiment import Experiment
    from optlab.results import Results
    from optlab.sets.base import ConvexSet


NOWHERE = (np.empty(0), float("nan"))


@dataclass(frozen=True)
class Result:
    """What `minimize` returns.

    Attributes
    ----------
    x, f : (n,) array, float
        The last iterate and its value.
    best_x, best_f : (n,) array, float
        The iterate with the least f. With constraints: of the kept iterates that meet them, by the rule for CONVERGED;
        where none does, the one that violates them least. Then they are computed when first looked at.
    status : Status
        Why it ended; `message` says it in words, with numbers. `success` is True for CONVERGED alone.
    iterations : int
    seconds : float
        The method's own time, recording excluded.
    evaluations : dict
        Counts of f, gradient, hessian, hvp, constraint, jacobian.
    chosen : str
        Which method was chosen, and why, in a sentence; empty where the caller named one.
    """

    x: Array
    f: float
    status: Status
    message: str
    iterations: int
    seconds: float
    evaluations: dict[str, int]
    record: Trace = field(repr=False)
    notes: dict[str, str] = field(default_factory=dict, repr=False)
    chosen: str = ""
    lowest: tuple[Array, float] = field(default=NOWHERE, repr=False)
    judge: ProblemBase | None = field(default=None, repr=False)
    pending: ProblemBase | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Compute what is left to be computed first: the problem, which may not be picklable, stays here."""
        return {**vars(self), "trace": self.trace, "_best": self._best, "judge": None, "pending": None}

    @property
    def best_x(self) -> Array:
        """The best iterate, (n,)."""
        return self._best[0]

    @property
    def best_f(self) -> float:
        """Its f."""
        return self._best[1]

    @cached_property
    def _best(self) -> tuple[Array, float]:
        return self.lowest if self.judge is None else best_feasible(self.judge, self.record, self.lowest)

    @property
    def success(self) -> bool:
        """Whether the tolerances are met."""
        return self.status.success

    def _repr_html_(self) -> str:
        from optlab.notebook import result_table

        return result_table(self)

    @cached_property
    def trace(self) -> pd.DataFrame:
        """One row per iteration: k, f, stationarity, step_size, counts, seconds, kept, and the columns asked for.

        Where none were asked for and there are constraints: the KKT residuals and the active set, computed now.
        """
        import pandas as pd

        if self.pending is not None:
            self.record.columns, notes, _ = compute_columns(_made(OF_CONSTRAINTS), self.record, self.pending)
            self.notes.update(notes)
        wide = {name: list(v) if v.ndim > 1 else v for name, v in self.record.scalars.items()}
        return pd.DataFrame({**wide, "kept": self.record.kept, **self.record.columns})

    @property
    def trajectory(self) -> Array:
        """The kept iterates, shape (k + 1, n) unless thinned; `trace.kept` says which rows they belong to."""
        return self.record.points


def names(kind: str) -> list[str]:
    """Return the registered names of a kind: optimizers, problems, columns, plots, searches, sets, executors."""
    return catalogue(()).names(kind)


def problem(name: str, **settings: Any) -> ProblemBase:
    """Build a problem of the catalogue.

    Raises
    ------
    InputError
        For an unknown name or setting (with the nearest one), or a value out of range.

    Examples
    --------
    >>> import optlab
    >>> optlab.problem("rosenbrock", n=4).n
    4
    """
    made: ProblemBase = catalogue(()).make("problems", {"name": name, **settings})
    return made


def optimizer(name: str, **settings: Any) -> Optimizer:
    """Build an optimizer by name; settings that are line searches or sets may be names or mappings.

    Raises
    ------
    InputError
        For an unknown name or setting (with the nearest one), or a value out of range.

    Examples
    --------
    >>> import optlab
    >>> optlab.optimizer("gradient_descent", step_size=0.1)
    GradientDescent(step_size=0.1, schedule=ConstantSchedule())
    """
    made: Optimizer = catalogue(()).make("optimizers", {"name": name, **settings})
    return made


def _choice(problem: ProblemBase) -> Choice:
    """Choose a method; where none fits, say which of the catalogue handle constraints of these kinds."""
    try:
        return choose(problem)
    except NothingFitsError as error:
        kinds, entries = set(problem.constrained), catalogue(()).entries("optimizers").values()
        fit = [entry.name for entry in entries if kinds <= set(catalogue(()).words(entry, "handles"))]
        others = f"; these do, by name: {', '.join(sorted(fit))}" if fit else "; nor does any other of the catalogue"
        msg = f"{error}{others}"
        raise NothingFitsError(msg) from error


def _prepared(problem_or_f: Any, method: Any, start: Any) -> tuple[ProblemBase, Optimizer, Choice | None]:
    if isinstance(problem_or_f, str):
        problem_or_f = problem(problem_or_f)
    if not isinstance(problem_or_f, ProblemBase):
        if start is None:
            msg = "a plain function needs a start: minimize(f, start=[…])"
            raise InputError(msg)
        problem_or_f = Problem(problem_or_f, start=start)
    if isinstance(method, Optimizer):
        return problem_or_f, method, None
    chosen = _choice(problem_or_f) if method in (None, AUTO, {"name": AUTO}) else None
    return problem_or_f, catalogue(()).make("optimizers", chosen.name if chosen else method), chosen


def minimize(
    problem: ProblemBase | Callable[[Any], Any] | str,
    optimizer: str | Mapping[str, Any] | Optimizer | None = None,
    start: Any = None,
    stop: Stop | None = None,
    columns: Sequence[Any] | None = None,
    seed: int = 0,
    callback: Callable[[Record], Any] | None = None,
    precision: str = "float64",
) -> Result:
    """Minimize a problem and return the result with its whole trace.

    Parameters
    ----------
    problem : ProblemBase, callable or str
        A problem, a plain function f(x) (then `start` is needed), or a name of the catalogue.
    optimizer : str, mapping or Optimizer, optional
        A name, ``{"name": …, setting: value}``, or an instance; by default, or with "auto", what fits the problem:
        `chosen` of the result says which and why.
    start : (n,) array-like, optional
        The problem's standard start by default.
    stop : Stop, optional
        ``optlab.stop.Stationary() | optlab.stop.Iterations(10_000)`` by default.
    columns : sequence of names, mappings or Column instances, optional
        Diagnostics to compute after the run. By default none, but with constraints the KKT residuals and the active
        set, when the trace is first looked at.
    seed : int
        For methods that draw random numbers.
    callback : callable, optional
        Called with a Record after every iteration; return True (or raise StopIteration) to stop there.
    precision : str
        "float16" or "float32" to evaluate the problem and compute in that dtype; f* and claims of convergence are
        judged in double precision all the same.

    Raises
    ------
    InputError
        For bad input, or a method that does not fit the problem. A failure during the run is a status.

    Examples
    --------
    >>> import optlab
    >>> result = optlab.minimize(lambda x: (x[0] - 1) ** 2 + 10 * x[1] ** 2, start=[3.0, 1.0])
    >>> result.status.name
    'CONVERGED'
    """
    task, method, chosen = _prepared(problem, optimizer, start)
    task = in_precision(task, precision)
    wanted = _made(columns or ())
    loop = driver.Loop(task, method, start=start, stop=stop, seed=seed)
    trace = driver.run(loop, Keep(), callback, Watch() if any(c.watches for c in wanted) else None)
    trace.message += loop.birthplace()
    message = f"{trace.message} ({chosen})" if chosen else trace.message
    if trace.status is Status.SKIPPED:
        raise InputError(message)
    notes: dict[str, str] = {}
    if len(trace):
        trace.columns, notes, _ = compute_columns(wanted, trace, task)
    state = loop.state
    x = loop.x0 if state is None else state.x
    f = trace.scalars["f"][-1] if len(trace) else float("nan")
    best, best_f = loop.book.best_x, loop.book.best_f
    if best is None and len(trace):  # f was left out on the way: the best of the kept iterates
        kept = trace.scalars["f"][trace.rows]
        best_f = float(np.fmin.reduce(kept))
        best = trace.points[int(np.argmax(kept == best_f))]
    return Result(
        x=np.array(x), f=float(f), lowest=(np.array(x if best is None else best), best_f),
        judge=loop.judge if set(task.constrained) - {"composite"} and len(trace) else None,
        status=trace.status, message=message, iterations=loop.k, seconds=loop.seconds,
        evaluations={c: int(getattr(loop.oracle, n)) for c, n in zip(COUNTERS, COUNTS, strict=True)},
        record=trace, notes=notes, chosen=str(chosen) if chosen else "",
        pending=task if columns is None and task.constraint_forms and len(trace) else None,
    )  # fmt: skip


def _made(columns: Sequence[Any]) -> list[Column]:
    return [catalogue(()).make("columns", c) if isinstance(c, (str, Mapping)) else c for c in columns]


def iterate(
    problem: ProblemBase | Callable[[Any], Any] | str,
    optimizer: str | Mapping[str, Any] | Optimizer | None = None,
    start: Any = None,
    stop: Stop | None = None,
    seed: int = 0,
    resume: Record | None = None,
    precision: str = "float64",
) -> Iterator[Record]:
    """Yield a frozen Record per iteration of the same loop; with `resume` go on from a saved one, bit for bit.

    Raises
    ------
    InputError
        For bad input, a start that cannot be evaluated, or a method that does not fit the problem.
    """
    task, method, _ = _prepared(problem, optimizer, start)
    task = in_precision(task, precision)
    return driver.iterate(task, method, start=start, stop=stop, seed=seed, resume=resume)


def map_runs(
    problem: ProblemBase | Callable[[Any], Any] | str,
    optimizer: str | Mapping[str, Any] | Optimizer,
    starts: Any = None,
    settings: Mapping[str, Any] | None = None,
    stop: Stop | None = None,
    seed: int = 0,
    check: int = 8,
    seconds: float = float("inf"),
) -> Runs:
    """Run one optimizer K times on one problem: from K starts, with K values of its settings, or both, paired.

    Where the step and the functions only compute, all runs are taken at once, hundreds of times faster than one by
    one; a sample is run again alone, and where it ends otherwise, or the method decides by the numbers of a run (a
    line search), the runs are taken one by one: `together` and `note` of the answer say which. How a run ends is how
    `minimize` ends it.

    Parameters
    ----------
    problem : ProblemBase, callable or str
        As for `minimize`.
    optimizer : str, mapping or Optimizer
        A name, ``{"name": …, setting: value}``, or an instance.
    starts : (K, n) or (n,) array-like, optional
        The problem's standard start by default.
    settings : mapping of (K,) array-likes, optional
        Values of numeric settings, one per run.
    stop : Stop, optional
        As for `minimize`.
    seed : int
        For methods that draw random numbers.
    check : int
        How many runs, beside one of every outcome, are run again alone.
    seconds : float
        For all runs together; those that have not ended by then are TIMEOUT.

    Returns
    -------
    Runs
        Arrays `x` (K, n), `f`, `stationarity`, `status`, `iterations`, (K,) each, `evaluations` by counter; `table`.

    Raises
    ------
    InputError
        For bad input, or a method that does not fit the problem. A failure during a run is its status.

    Examples
    --------
    >>> import numpy as np, optlab
    >>> runs = optlab.map_runs("kappa5", "gradient_descent", settings={"step_size": np.array([0.1, 0.3, 0.5])})
    >>> runs.status.tolist(), runs.together
    (['CONVERGED', 'CONVERGED', 'DIVERGED'], True)
    """
    start = None if starts is None else np.atleast_2d(np.asarray(starts, dtype=float))[0]
    task, method, _ = _prepared(problem, optimizer, start)
    return batch.map_runs(task, method, starts, settings, stop, seed, check, seconds)


def run(experiment: str | Path | Mapping[str, Any] | Experiment, **options: Any) -> Results:
    """Run an experiment, draw its plots and write its report.

    Parameters
    ----------
    experiment : path, mapping or Experiment
        A YAML file, a mapping of the same shape, or what `optlab.experiment.load` returned.
    **options
        `folder`, `executor`, `workers`, `progress`, `fresh`, `retry`, as in `optlab.runner.execute`.

    Raises
    ------
    ConfigError
        Listing everything that is wrong with the experiment, before anything runs.
    OptlabError
        Before the first run, when the results folder cannot be used.
    """
    from optlab import runner
    from optlab.experiment import Experiment, from_dict
    from optlab.experiment import load as load_experiment

    if isinstance(experiment, Mapping):
        experiment = from_dict(dict(experiment))
    elif not isinstance(experiment, Experiment):
        experiment = load_experiment(Path(experiment))
    results = runner.execute(experiment, **options)
    if not results.current:
        report(results)
    return results


def report(results: Results) -> Path:
    """Draw every plot that the experiment of a results folder names, and write report.html; return its path.

    A plot that fails is named in the report; the others are drawn.

    Raises
    ------
    OptlabError
        Where the disk does not take them; the tables are there.
    """
    from optlab import made
    from optlab.plots.save import draw_all
    from optlab.report import write_report
    from optlab.store import writing

    names, folder, plots = catalogue(results.plugins), results.folder, results.experiment.get("plots", ())
    made.forget(folder)
    with writing(folder):
        figures = draw_all([names.make("plots", plot) for plot in plots], results, folder / "figures")
        page = write_report(results, folder, figures, results.verdicts)
    if not any(picture.problem for picture in figures):
        made.mark(folder, plots, results.plugins, [file for picture in figures for file in picture.files])
    return page


def load(folder: str | Path) -> Results:
    """Open a results folder: `.runs`, `.iterations`, `.trajectory(run)`, `.plot(name)`."""
    from optlab.results import load as _load

    return _load(folder)


def kkt(problem: ProblemBase | str, x: Any, rtol: float = 1e-6) -> Conditions:
    """Examine the Karush–Kuhn–Tucker conditions at x: multipliers, residuals, what fails, constraint qualification.

    The multipliers are recovered from the problem alone, λ ≥ 0 by nonnegative least squares. Print the answer to read
    it.

    Parameters
    ----------
    problem : ProblemBase or str
        A problem, or a name of the catalogue.
    x : (n,) array-like
        The point.
    rtol : float
        How small stationarity and complementarity have to be, relative to the problem's scale.

    Examples
    --------
    >>> import numpy as np, optlab
    >>> p = optlab.Problem(lambda x: x @ x, start=[1.0, 1.0], linear_inequality=([[-1.0, -1.0]], [-1.0]))
    >>> there = optlab.kkt(p, [0.5, 0.5])
    >>> float(np.round(there.lam[0], 9)), there.holds, there.qualification
    (1.0, True, 'LICQ')
    >>> optlab.kkt(p, [1.0, 0.5]).fails["stationarity"]
    'no multipliers balance ∇f: 6.67e-01 is over 1.33e-06'
    """
    return conditions(catalogue(()).make("problems", problem), x, rtol)


def sensitivity(
    problem: ProblemBase | str, optimizer: str | Mapping[str, Any] | Optimizer = "sqp", x: Any = None,
    step: float = 1e-4,
) -> pd.DataFrame:  # fmt: skip
    """Compare every multiplier with the change of the least value when its constraint's right-hand side moves.

    A multiplier is a price: with g(x) ≤ b the least value changes by −λ per unit of b. Each right-hand side is moved
    by ±`step`, the problem solved again from the solution, and the difference quotient put beside the multiplier.

    Parameters
    ----------
    problem : ProblemBase or str
        A problem with constraints, or a name of the catalogue.
    optimizer : str, mapping or Optimizer
        What solves it again.
    x : (n,) array-like, optional
        The solution; by default the known one, or the one that the optimizer finds.
    step : float
        By how much a right-hand side moves, in the units of the constraint.

    Returns
    -------
    DataFrame
        A row per constraint: constraint, multiplier, difference, error; NaN where a moved problem was not solved.

    Raises
    ------
    InputError
        Where there is no solution to start from, or `step` is no number > 0.

    Source: Nocedal & Wright (2006), section 12.8.
    """
    from optlab.prices import sensitivities, solved

    if not (isinstance(step, Real) and 0 < step < inf):
        msg = f"step must be a number > 0, given {step!r}"
        raise InputError(msg)
    there = catalogue(()).make("problems", problem)
    method = catalogue(()).make("optimizers", optimizer)
    return sensitivities(there, method, solved(there, method) if x is None else x, step)


def check_problem(problem: ProblemBase | str) -> Report:
    """Run the battery for problems: derivatives, known optimum, batches, pickling."""
    from optlab.checks.check_problem import check_problem as check

    return check(catalogue(()).make("problems", problem))


def check_optimizer(optimizer: Optimizer | str) -> Report:
    """Run the battery for optimizers: purity, counts, resume, honesty."""
    from optlab.checks.check_optimizer import check_optimizer as check

    return check(catalogue(()).make("optimizers", optimizer))


def check_set(convex_set: ConvexSet | str | Mapping[str, Any]) -> Report:
    """Run the battery for convex sets: the projection is one, membership, support, forms, scales, precision."""
    from optlab.checks.check_set import check_set as check

    return check(catalogue(()).make("sets", convex_set))


__all__ = ["Catalogue", "Result", "check_optimizer", "check_problem", "check_set", "choose", "iterate", "kkt", "load",
           "map_runs", "minimize", "names", "optimizer", "problem", "run", "sensitivity"]  # fmt: skip

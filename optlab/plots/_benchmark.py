"""What the plots that compare many methods on many problems share: when a run succeeded, and at what cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Gt, Lt

from optlab.core.plot import Plot, PlotData
from optlab.core.settings import name_of
from optlab.core.status import InputError, Status, nearest
from optlab.kernels.profiles import first_hits
from optlab.plots.efforts import WORDS, effort
from optlab.plots.series import column, named, settled

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from optlab.core.problem import Array, ProblemBase

INSTANCE = ["panel", "start", "seed"]
"""What makes two runs comparable: one problem, one start, one seed."""
LEAST_SECONDS = 1e-6
"""Times below this are below the clock's resolution, and count as this."""
ROUNDING = 10 * float(np.finfo(float).eps)
VIOLATIONS = ("violation", "kkt_primal")


@dataclass
class Measured:
    """One run: effort by iterate, and what its points are worth.

    Attributes
    ----------
    instance : tuple
        Problem with its settings, start, seed.
    line : str
        The method.
    status : str
    spent, f, stationarity : (K,) arrays
        f and stationarity are NaN where the point is not feasible.
    first_f, first_stationarity : float
        At the start, feasible or not.
    """

    instance: tuple[str, ...]
    line: str
    status: str
    run: str
    spent: Array
    f: Array
    stationarity: Array
    first_f: float
    first_stationarity: float


@dataclass(frozen=True)
class Benchmark(Plot):
    """A comparison of methods over instances: a problem with its settings, a start and a seed.

    Attributes
    ----------
    merit : str
        What the cost of a run is counted in. Counts of zero count as one.
    success : "reduction", "stationarity" or "converged"
        "reduction": f − f* ≤ τ |f(x₀) − f*|, where an unknown f* is the best f that any method shown found on the
        problem. "stationarity": the stationarity is at most τ times that of the start, the greatest of those that the
        methods measured there. "converged": the driver
        verified convergence, at the end of the run.
    tau : float
        τ.
    feasibility : float
        On a problem with constraints a point counts when its greatest violation is at most this, times
        max(1, the violation at the start). Where neither the column `violation` nor `kkt` was logged, only the end
        of a converged run counts.
    without : tuple of str
        Methods left out, by the name in the legend or by label; everything is computed anew without them.
    """

    abstract: ClassVar[bool] = True

    merit: Literal["iterations", "f", "gradient", "hessian", "gradient_equivalents", "evaluations", "seconds"] = (
        "gradient_equivalents"
    )
    success: Literal["reduction", "stationarity", "converged"] = "reduction"
    tau: Annotated[float, Gt(0), Lt(1)] = 1e-5
    feasibility: Annotated[float, Gt(0)] = 1e-6
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.without, str):
            msg = f"{name_of(self)}: without must be a list of methods, given {self.without!r}"
            raise InputError(msg)

    @property
    def measured(self) -> str:
        """What cost is counted in, as a sentence of a caption."""
        return f"Cost is counted in {WORDS[self.merit]}."

    @property
    def rule(self) -> str:
        """The rule of success as sentences of a caption."""
        said = {
            "reduction": f"f − f* ≤ τ |f(x₀) − f*| with τ = {self.tau:g}, where an unknown f* is the best f found by "
            "the methods shown",
            "stationarity": f"its stationarity is at most τ = {self.tau:g} times that of the start (the "
            "greatest, where methods measure it differently)",
            "converged": "it ended CONVERGED, which the driver verifies",
        }[self.success]
        return f"A run solves its problem when {said}. {self.counted}"

    @property
    def counted(self) -> str:
        """What else a reader must know, as a sentence of a caption."""
        out = f" Left out: {', '.join(self.without)}." if self.without else ""
        return (
            f"With constraints a point counts when it violates none by more than {self.feasibility:g} (relative to "
            "the start's violation where that is above 1); from an infeasible start the fall to f* counts as |f*| at "
            "least. Runs that failed, were skipped or ran out of budget "
            f"before count as unsolved, and problems that nobody solved stay in the total.{out}"
        )

    # --- from tables to costs ---------------------------------------------------------------------------------------

    def compared(self, data: PlotData) -> pd.DataFrame:
        """Return the runs compared, with their `panel` and `line`.

        Raises
        ------
        InputError
            Where `without` names a method that is not there.
        """
        runs = named(data.runs)
        runs = runs.assign(**{name: runs[name].astype(str) if name in runs else "" for name in INSTANCE})
        gone = set(self.without)
        label = runs["label"] if "label" in runs else runs["optimizer"]
        for name in self.without:
            known = [*dict.fromkeys(runs["line"]), *dict.fromkeys(label)]
            if name not in known:
                msg = f"{name_of(self)}: without names no method here: {name!r}{nearest(name, known)}"
                raise InputError(msg)
        return runs[~runs["line"].isin(gone) & ~label.isin(gone)]

    def measurements(self, data: PlotData) -> list[Measured]:
        """Return every run that took at least its start."""
        return [self._measured(data, run, rows) for run, rows in settled(self.compared(data), data.iterations)]

    def _measured(self, data: PlotData, run: dict[str, Any], rows: pd.DataFrame) -> Measured:
        problem = data.problem(run["run"])
        spent = effort(rows, self.merit, problem)
        spent = np.maximum(spent, LEAST_SECONDS if self.merit == "seconds" else 1.0)
        f, stationarity = column(rows, "f"), column(rows, "stationarity")
        there = feasible(rows, problem, run["status"], self.feasibility)
        return Measured(
            tuple(str(run[name]) for name in INSTANCE), run["line"], run["status"], run["run"], spent,
            np.where(there, f, np.nan), np.where(there, stationarity, np.nan), float(f[0]), float(stationarity[0]),
        )  # fmt: skip

    def gaps(self, data: PlotData, measured: list[Measured]) -> list[Array]:
        """Return (f − f*)/|f(x₀) − f*| of every run, (K,) each; f* the known one, else the best found by those given.

        Gaps of rounding size are 0. From an infeasible start the fall is |f*| at least, since f may begin below f*.
        """
        least = least_of(data, measured)
        first: dict[tuple[str, ...], Measured] = {}
        for m in measured:
            first.setdefault(m.instance, m)
        gaps = []
        for m in measured:
            best, begin = least[m.instance[0]], first[m.instance]
            fall, missing = abs(begin.first_f - best), m.f - best
            if np.isnan(begin.f[0]):
                fall = max(fall, abs(best))
            missing = np.where(missing <= ROUNDING * abs(best), 0.0, missing)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                gaps.append(np.where(missing == 0.0, 0.0, missing / fall))
        return gaps

    def hits(self, data: PlotData, targets: Array) -> tuple[list[Measured], Array]:
        """Return the runs, and the cost at which each reaches a relative gap ≤ each target: (R, T), inf where never."""
        measured = self.measurements(data)
        gaps = self.gaps(data, measured)
        found = [first_hits(gap, m.spent, targets) for m, gap in zip(measured, gaps, strict=True)]
        return measured, np.array(found).reshape(len(measured), len(targets))

    def costs(self, data: PlotData) -> pd.DataFrame:
        """Return the cost of every method (columns) on every instance (rows: panel, start, seed); inf where unsolved.

        A method that was not run on an instance, or skipped, did not solve it.
        """
        measured = self.measurements(data)
        if self.success == "converged":
            cost = [m.spent[-1] if m.status == Status.CONVERGED.name else np.inf for m in measured]
        elif self.success == "reduction":
            cost = [
                first_hits(gap, m.spent, np.array([self.tau]))[0]
                for m, gap in zip(measured, self.gaps(data, measured), strict=True)
            ]
        else:
            first: dict[tuple[str, ...], float] = {}
            for m in measured:
                first[m.instance] = max(first.get(m.instance, 0.0), m.first_stationarity)
            cost = [first_hits(m.stationarity, m.spent, np.array([self.tau * first[m.instance]]))[0] for m in measured]
        return self.matrix(data, measured, np.array(cost))

    def matrix(self, data: PlotData, measured: list[Measured], values: Array) -> pd.DataFrame:
        """Spread a value per run over instances and methods, in the order of the runs; inf where there is no run."""
        import pandas as pd

        rows, lines, spread = self.spread(data, measured, values)
        return pd.DataFrame(spread, index=pd.MultiIndex.from_tuples(rows, names=INSTANCE), columns=lines)

    def spread(
        self, data: PlotData, measured: list[Measured], values: Array
    ) -> tuple[list[tuple[str, ...]], list[str], Array]:
        """Return the instances, the methods, and the values (R, …) of the runs as (P, S, …); inf where no run is."""
        runs = self.compared(data)
        rows = list(dict.fromkeys(runs[INSTANCE].itertuples(index=False, name=None)))
        lines = list(dict.fromkeys(runs["line"]))
        table = np.full((len(rows), len(lines), *values.shape[1:]), np.inf)
        at, beside = {row: i for i, row in enumerate(rows)}, {line: j for j, line in enumerate(lines)}
        for m, value in zip(measured, values, strict=True):
            place = at[m.instance], beside[m.line]
            table[place] = np.minimum(table[place], value)
        return rows, lines, table

    def sizes(self, data: PlotData) -> Array:
        """Return n of every instance, in the order of the rows of `costs`."""
        runs = self.compared(data).drop_duplicates(INSTANCE)
        return np.array([data.problem(run).n for run in runs["run"]], dtype=float)


def least_of(data: PlotData, measured: list[Measured]) -> dict[str, float]:
    """Return panel → f* where the problem's facts state it, else the least f at a feasible point of the runs given."""
    least: dict[str, float] = {}
    known: dict[str, bool] = {}
    for m in measured:
        panel = m.instance[0]
        if panel not in known:
            optimum = data.problem(m.run).known.optimum
            known[panel] = optimum is not None
            least[panel] = np.inf if optimum is None else float(optimum)
        if not known[panel] and np.isfinite(m.f).any():
            least[panel] = min(least[panel], float(m.f[np.isfinite(m.f)].min()))
    return least


def feasible(rows: pd.DataFrame, problem: ProblemBase, status: str, tolerance: float) -> NDArray[np.bool_]:
    """Return which iterates of a run count as feasible, (K,)."""
    if not set(problem.constrained) - {"composite"}:
        return np.ones(len(rows), dtype=bool)
    for name in VIOLATIONS:
        violated = column(rows, name)
        if np.isfinite(violated).any():
            start = float(violated[0]) if np.isfinite(violated[0]) else 0.0
            return np.asarray(violated <= tolerance * max(1.0, start))
    there = np.zeros(len(rows), dtype=bool)
    there[-1:] = status == Status.CONVERGED.name
    return there

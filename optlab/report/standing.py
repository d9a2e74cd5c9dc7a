"""Who solved what at which cost: the numbers behind the report's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optlab.core.plot import PlotData
from optlab.core.status import Status, worded
from optlab.kernels.bootstrap import grouped_means
from optlab.kernels.profiles import performance_ratios, wins
from optlab.plots._benchmark import INSTANCE
from optlab.plots._gaps import BEST
from optlab.plots.pairwise import EVEN, Pairwise
from optlab.plots.series import named

if TYPE_CHECKING:
    import pandas as pd

    from optlab.core.optimizer import Optimizer
    from optlab.core.problem import Array, ProblemBase

RULE = Pairwise()
"""When a run counts as solved, what its cost is, and how sure a lead must be."""


@dataclass(frozen=True)
class Minimum:
    """The least f of a problem.

    Attributes
    ----------
    value : float
        f*, or the best value known or found; NaN where there is none.
    proven, published : bool
        Whether it is known to be the least; whether it is the best value known beforehand. Else it was found by
        the methods compared.
    how : str
        How it is known, in words.
    found : float
        The least f that a method found at a feasible point.
    n : int
        Number of variables.
    """

    value: float
    proven: bool
    published: bool
    how: str
    found: float
    n: int


@dataclass(frozen=True)
class Judged:
    """The runs whose problems can be built and whose facts can be read, with their panels."""

    whole: PlotData
    runs: pd.DataFrame

    @property
    def iterations(self) -> pd.DataFrame:
        """Those of all runs."""
        return self.whole.iterations

    def trajectory(self, run: str) -> tuple[Array, Array]:
        """As the whole has it."""
        return self.whole.trajectory(run)

    def problem(self, run: str) -> ProblemBase:
        """As the whole has it."""
        return self.whole.problem(run)

    def optimizer(self, run: str) -> Optimizer:
        """As the whole has it."""
        return self.whole.optimizer(run)


@dataclass(frozen=True)
class Standing:
    """Who solved what at which cost.

    Attributes
    ----------
    costs : DataFrame
        A row per case (panel, start, seed), a column per method, inf where it is not solved.
    fits : DataFrame
        Whether a method was run on a case.
    minima : dict
        Panel → its Minimum.
    unjudged : dict
        Panel → why nothing can be said of it.
    """

    costs: pd.DataFrame
    fits: pd.DataFrame
    minima: dict[str, Minimum]
    unjudged: dict[str, str]

    @property
    def ratios(self) -> Array:
        """Costs over the least of each case, (P, S)."""
        return performance_ratios(self.costs.to_numpy())

    @property
    def order(self) -> list[str]:
        """The methods: most cases solved first, among equals the least typical cost, then as given."""
        ratios = self.ratios
        solved = np.isfinite(ratios).sum(axis=0)
        keys = [(-solved[j], typical(ratios[:, j])) for j in range(ratios.shape[1])]
        return [str(self.costs.columns[j]) for j in sorted(range(len(keys)), key=lambda j: keys[j])]

    def lead(self, line: str, other: str) -> tuple[float, float, float, bool]:
        """Return the share of cases on which a method is cheaper than another, its interval, and whether it is sure.

        As in the plot `pairwise`: ties count half, cases that both fail on do not count, problems are resampled.
        """
        pair = self.costs[[line, other]].to_numpy()
        problems = self.costs.index.get_level_values("panel").to_numpy()
        scores, either = wins(pair)
        score, decided = scores[:, 0, 1], either[:, 0, 1]
        found = grouped_means(score, decided.astype(float), problems, RULE.resamples, RULE.confidence, RULE.seed)
        share, low, high = (float(part) for part in found)
        deciding = len(set(problems[decided]))
        return share, low, high, deciding >= RULE.fewest and low > EVEN

    def factor(self, line: str, other: str) -> float:
        """Return the median of a method's cost over another's where both succeed; NaN where they never do."""
        mine, its = (self.costs[name].to_numpy() for name in (line, other))
        both = np.isfinite(mine) & np.isfinite(its)
        return float(np.median(mine[both] / its[both])) if both.any() else np.nan


def typical(ratios: Array) -> float:
    """Return the median of those ratios that are finite; inf where none is."""
    there = ratios[np.isfinite(ratios)]
    return float(np.median(there)) if there.size else np.inf


def stand(results: PlotData) -> Standing:
    """Judge every run: solved when f − f* ≤ τ |f(x₀) − f*|, as the plots that compare methods have it."""
    import pandas as pd

    runs = named(results.runs)
    unjudged: dict[str, str] = {}
    for panel, run in zip(*(runs.drop_duplicates("panel")[c] for c in ("panel", "run")), strict=True):
        try:
            _ = results.problem(run).known.optimum
        except Exception as error:  # a user's problem, or a plug-in that is gone
            unjudged[panel] = worded(error)
    data = Judged(results, runs[~runs["panel"].isin(unjudged)])
    measured, hits = RULE.hits(data, np.array([RULE.tau]))
    costs = RULE.matrix(data, measured, hits[:, 0])
    compared = RULE.compared(data)
    ran = compared[compared["status"] != Status.SKIPPED.name]
    there = set(ran[[*INSTANCE, "line"]].itertuples(index=False, name=None))
    fits = pd.DataFrame(
        [[(*case, line) in there for line in costs.columns] for case in costs.index], costs.index, costs.columns
    )
    best: dict[str, float] = {}
    for m in measured:
        best[m.instance[0]] = min(best.get(m.instance[0], np.inf), float(np.nanmin(m.f, initial=np.inf)))
    minima = {
        str(panel): _minimum(data.problem(run), best.get(str(panel), np.inf))
        for panel, run in zip(*(ran.drop_duplicates("panel")[c] for c in ("panel", "run")), strict=True)
    }
    return Standing(costs, fits, minima, unjudged)


def _minimum(problem: ProblemBase, found: float) -> Minimum:
    known = problem.known
    if known.optimum is not None:
        best = known.certificate.startswith(BEST)
        how = known.certificate or "stated with the problem"
        return Minimum(float(known.optimum), not best, best, how, found, problem.n)
    if known.infeasible:
        return Minimum(np.nan, False, False, "no point meets the constraints", np.nan, problem.n)
    if not np.isfinite(found):
        return Minimum(np.nan, False, False, "not known, and no method found a feasible point", np.nan, problem.n)
    return Minimum(found, False, False, "best found, not proven", found, problem.n)

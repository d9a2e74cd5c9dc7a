"""Pairwise comparison: which of two methods is cheaper, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.plot import PlotData
from optlab.kernels.bootstrap import grouped_means
from optlab.kernels.profiles import wins
from optlab.plots._benchmark import Benchmark
from optlab.plots._grid import draw_grid
from optlab.plots.efforts import SHORT
from optlab.plots.summary import Summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ["line", "other", "share", "low", "high", "sure", "decided", "ratio", "both"]
EVEN = 0.5


@dataclass(frozen=True)
class Pairwise(Benchmark):
    """How often one method is cheaper than another, with a bootstrap interval over problems, for every pair.

    Attributes
    ----------
    confidence : float
        Of the interval.
    resamples : int
        Draws of the bootstrap.
    seed : int
        Of the draws.

    Source: Efron & Tibshirani (1993), section 13.3; drawn are problems with all their starts and seeds.
    """

    confidence: Annotated[float, Gt(0), Lt(1)] = 0.95
    resamples: Annotated[int, Ge(100)] = 2000
    seed: int = 0

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        return (
            "How often the method of the row is cheaper than that of the column, in percent: ties count half, a "
            "success beats a failure, problems that both fail on do not count. Bold, and starred in the tables: the "
            f"{100 * self.confidence:g} % bootstrap interval over problems ({self.resamples} resamples) leaves 50 % "
            f"out, and at least {self.fewest} problems decide. The intervals are for one pair each, not for all at "
            f"once. {self.measured} {self.rule}"
        )

    @property
    def fewest(self) -> int:
        """How many problems it takes: with fewer, even winning all of them is not unlikely enough between equals."""
        return 1 + ceil(log2(1.0 / (1.0 - self.confidence)))

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return a row per ordered pair: line, other, share of wins, its interval, whether that is sure.

        Further how many instances decided, and the median ratio of costs where both succeeded, on how many.
        """
        import pandas as pd

        costs = self.costs(data)
        values, problems = costs.to_numpy(), costs.index.get_level_values("panel").to_numpy()
        score, decided = wins(values)
        found = grouped_means(score, decided.astype(float), problems, self.resamples, self.confidence, self.seed)
        rows = []
        for i, line in enumerate(costs.columns):
            for j, other in enumerate(costs.columns):
                if i == j:
                    continue
                both = np.isfinite(values[:, i]) & np.isfinite(values[:, j])
                ratio = float(np.median(values[both, i] / values[both, j])) if both.any() else np.nan
                share, low, high = (float(part[i, j]) for part in found)
                deciding = len(set(problems[decided[:, i, j]]))
                sure = deciding >= self.fewest and (low > EVEN or high < EVEN)
                many = int(decided[:, i, j].sum())
                rows.append([line, other, share, low, high, sure, many, ratio, int(both.sum())])
        return pd.DataFrame(rows, columns=COLUMNS)

    def summary(self, data: PlotData) -> Summary:
        """Return a row and a column per method, percentages, a star where the interval leaves 50 % out."""
        import pandas as pd

        table = self.table(data)
        lines = list(dict.fromkeys(table["line"]))
        said = {
            (line, other): _words(share) + ("*" if sure else "")
            for line, other, share, sure in zip(*(table[c] for c in ("line", "other", "share", "sure")), strict=True)
        }
        rows = [{"method": one, **{other: said.get((one, other), "") for other in lines}} for one in lines]
        return Summary(pd.DataFrame(rows, columns=["method", *lines]), self.caption)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the shares as a grid; None where there are fewer than two methods."""
        table = self.table(data)
        if table.empty or not np.isfinite(table["share"].astype(float)).any():
            return None
        lines = list(dict.fromkeys(table["line"]))
        place = {line: i for i, line in enumerate(lines)}
        shades, bold = np.full((len(lines), len(lines)), np.nan), np.zeros((len(lines), len(lines)), dtype=bool)
        cells = [["" for _ in lines] for _ in lines]
        for line, other, share, sure in zip(*(table[c] for c in ("line", "other", "share", "sure")), strict=True):
            i, j = place[line], place[other]
            shades[i, j], bold[i, j], cells[i][j] = share, sure, _words(share)
        title = f"% of problems on which the row needs fewer {SHORT[self.merit]} than the column"
        return draw_grid(cells, shades, lines, lines, title, two_ways=True, bold=bold)


def _words(share: float) -> str:
    return f"{100 * share:.0f}" if np.isfinite(share) else "—"

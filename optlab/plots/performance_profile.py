"""Performance profiles: which method is cheapest how often, and how many problems it solves at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optlab.core.plot import PlotData
from optlab.kernels.profiles import performance_ratios
from optlab.plots._benchmark import Benchmark
from optlab.plots._shares import corners, draw_shares, firsts, percent
from optlab.plots.efforts import SHORT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class PerformanceProfile(Benchmark):
    """The share of problems that a method solves at a cost within a factor of the least of all methods.

    Source: Dolan & Moré (2002), Benchmarking optimization software with performance profiles, section 2.
    """

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        return (
            "Performance profile: the share of problems that a method solves at a cost within the factor on the x axis "
            "of the cheapest method on that problem. The height at 1 is how often it is the cheapest (ties count "
            "for all), the height at the right how many problems it solves. Between two methods a curve depends on "
            f"who else is compared. {self.measured} {self.rule}"
        )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the corners of the curves: line, ratio, share of problems, how many of how many are solved."""
        costs = self.costs(data)
        ratios = performance_ratios(costs.to_numpy())
        return corners(dict(zip(costs.columns, ratios.T, strict=True)), "ratio")

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no method solves anything."""
        table = self.table(data)
        words = {
            line: f"{percent(cheapest)}, {percent(solved / total)}"
            for line, (cheapest, solved, total) in firsts(table).items()
        }
        cost = f"{SHORT[self.merit]}, as a multiple of the cheapest method's"
        return draw_shares(table, "ratio", (cost, "share of problems solved"), words, "cheapest, solved", "log")

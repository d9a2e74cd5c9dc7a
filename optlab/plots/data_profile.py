"""Data profiles: how many problems a method solves within a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from optlab.core.plot import PlotData
from optlab.kernels.profiles import data_costs
from optlab.plots._benchmark import Benchmark
from optlab.plots._shares import corners, draw_shares, firsts, percent
from optlab.plots.efforts import SHORT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class DataProfile(Benchmark):
    """The share of problems that a method solves within a budget.

    Attributes
    ----------
    unit : "auto", "simplex" or "one"
        "simplex" divides the cost by n + 1, what a gradient by differences costs in evaluations of f; "auto" does so
        where the merit is f.

    Source: Moré & Wild (2009), Benchmarking derivative-free optimization algorithms, section 2.2.
    """

    unit: Literal["auto", "simplex", "one"] = "auto"

    @property
    def simplex(self) -> bool:
        """Whether costs are divided by n + 1."""
        return self.unit == "simplex" or (self.unit == "auto" and self.merit == "f")

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        divided = ", divided by n + 1 (simplex gradients)" if self.simplex else ""
        return (
            f"Data profile: the share of problems that a method solves within the budget on the x axis{divided}. Where "
            f"f* is known, a curve does not depend on who else is compared. {self.measured} {self.rule}"
        )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the corners of the curves: line, budget, share of problems, how many of how many are solved."""
        costs = self.costs(data)
        units = self.sizes(data) + 1.0 if self.simplex else np.ones(len(costs))
        return corners(dict(zip(costs.columns, data_costs(costs.to_numpy(), units).T, strict=True)), "budget")

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no method solves anything."""
        table = self.table(data)
        words = {line: percent(solved / total) for line, (_, solved, total) in firsts(table).items()}
        cost = SHORT[self.merit] + (" / (n + 1)" if self.simplex else "")
        return draw_shares(table, "budget", (cost, "share of problems solved"), words, "solved")

"""Accuracy profiles: to how many digits a method solves how many problems."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Gt

from optlab.core.plot import PlotData
from optlab.kernels.profiles import DIGITS, digits
from optlab.plots import style
from optlab.plots._benchmark import Benchmark
from optlab.plots._shares import entries, percent, share_axis
from optlab.plots.efforts import SHORT
from optlab.plots.panels import legend, panels, spread_marks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ["line", "digits", "share", "instances"]
NAMED = 8.0
"""The legend says how many problems are solved to so many digits."""


@dataclass(frozen=True)
class AccuracyProfile(Benchmark):
    """The share of problems on which a method reaches at least so many digits, −log₁₀ of (f − f*)/|f(x₀) − f*|.

    `success` and `tau` say nothing here.

    Attributes
    ----------
    budget : float
        Only what was reached at this cost or below counts.

    Source: Beiranvand, Hare & Lucet (2017), Best practices for comparing optimization algorithms, section 4.3.
    """

    budget: Annotated[float, Gt(0)] = inf

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        within = "" if self.budget == inf else f" within {self.budget:g} {SHORT[self.merit]}"
        return (
            "Accuracy profile: the share of problems on which the best point of a method"
            f"{within} has at least the digits on the x axis, −log₁₀ of (f − f*)/|f(x₀) − f*|, where an unknown f* is "
            f"the best f found by the methods shown; {DIGITS:g} digits are full precision. {self.counted}"
        )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the corners of the curves: line, digits, share of problems with at least these, how many problems."""
        import pandas as pd

        measured = self.measurements(data)
        reached = np.array([
            digits(np.array([np.where(m.spent <= self.budget, np.nan_to_num(gap, nan=inf), inf).min(initial=inf)]))[0]
            for m, gap in zip(measured, self.gaps(data, measured), strict=True)
        ])  # fmt: skip
        table = self.matrix(data, measured, -reached)  # the most digits are the least cost
        parts = []
        for line in table.columns:
            found = np.where(np.isfinite(table[line]), -table[line], 0.0)
            at = np.unique(np.concatenate([[0.0], found, [DIGITS]]))
            share = (found[None, :] >= at[:, None]).mean(axis=1)
            parts.append(pd.DataFrame({"line": line, "digits": at, "share": share, "instances": len(found)}))
        return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where there is no method."""
        table = self.table(data)
        if table.empty:
            return None
        with style.applied():
            looks = style.looks_of(table["line"])
            figure, (axes,) = panels(1)
            words = {}
            for i, (line, rows) in enumerate(table.groupby("line", sort=False)):
                at, share = (np.asarray(rows[name], dtype=float) for name in ("digits", "share"))
                axes.plot(at, share, **looks[str(line)], drawstyle="steps-pre", zorder=3, markevery=spread_marks(at, i))
                to_name = float(share[np.searchsorted(at, NAMED)])
                words[str(line)] = percent(to_name)
            share_axis(axes)
            axes.set_xlim(0.0, DIGITS)
            axes.set_xlabel("digits of f, relative to the fall from the start to f*")
            axes.set_ylabel("share of problems with at least these")
            legend(figure, entries(looks, words), f"method ({NAMED:g} digits or more)")
            return figure

"""Medians: what a typical success costs each method."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from optlab.core.plot import PlotData
from optlab.kernels.bands import quantiles
from optlab.plots._benchmark import Benchmark
from optlab.plots._grid import draw_grid
from optlab.plots.efforts import SHORT
from optlab.plots.summary import Summary, written

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

QUARTILES = (0.25, 0.5, 0.75)
COLUMNS = ["line", "solved", "instances", "low", "median", "high", "on_common", "common"]
HEADS = ("method", "solved", "of", "lower quartile", "median", "upper quartile")
LONGEST = 40
"""Longer names are cut."""
FAR = 10.0
"""A cost of so many times the least is shaded as far as shades go."""


@dataclass(frozen=True)
class Medians(Benchmark):
    """Median costs, by method over all problems, or by problem over its starts and seeds.

    Attributes
    ----------
    by : "method" or "problem"
        A row per method, or a row per problem and a column per method.
    """

    by: Literal["method", "problem"] = "method"

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        if self.by == "problem":
            return (
                "Median cost by problem over its starts and seeds, ∞ where half of them or more were not solved; dark "
                f"is dear, the least of a row is bold. {self.measured} {self.rule}"
            )
        return (
            "Median cost with its quartiles. Over all problems an unsolved one counts as infinitely dear (∞), so that "
            "nobody gains by giving up; the last column is the median over the problems that every method solved. "
            f"{self.measured} {self.rule}"
        )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return a row per method: solved, of, quartiles, the median on the common problems; or panel, line, cost."""
        import pandas as pd

        costs = self.costs(data)
        if self.by == "problem":
            rows = [
                {"panel": panel, "line": line, "cost": value, "solved": int(n), "instances": len(of)}
                for panel, of in costs.groupby(level="panel", sort=False)
                for line, value, n in zip(
                    costs.columns, _quartiles(of.to_numpy())[1], np.isfinite(of).sum(axis=0), strict=True
                )
            ]
            return pd.DataFrame(rows, columns=["panel", "line", "cost", "solved", "instances"])
        values = costs.to_numpy()
        common = values[np.isfinite(values).all(axis=1)]
        low, middle, high = _quartiles(values)
        on_common = np.median(common, axis=0) if len(common) else np.full(values.shape[1], np.nan)
        columns = {
            "line": list(costs.columns), "solved": np.isfinite(values).sum(axis=0), "instances": len(values),
            "low": low, "median": middle, "high": high, "on_common": on_common,
            "common": len(common),
        }  # fmt: skip
        return pd.DataFrame(columns)[COLUMNS]

    def summary(self, data: PlotData) -> Summary:
        """Return the table to publish."""
        table = self.table(data)
        if self.by == "problem":
            wide = table.pivot_table(index="panel", columns="line", values="cost", sort=False, dropna=False)
            wide = wide.reindex(index=table["panel"].unique(), columns=table["line"].unique())
            wide.columns.name = None
            return Summary(wide.rename_axis("problem").reset_index(), self.caption)
        common = f"median of {table['common'].iloc[0]} common" if len(table) else "median"
        names = dict(zip(COLUMNS, [*HEADS, common], strict=False))
        return Summary(table.drop(columns="common").rename(columns=names), self.caption)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the summary as a grid; None where there is nothing."""
        frame = self.summary(data).frame
        if frame.empty:
            return None
        names = list(frame.iloc[:, 0])
        if self.by == "problem":
            shown = frame.iloc[:, 1:]
            values = shown.to_numpy(dtype=float)
            shades, bold = _dearness(values, 1)
        else:
            names = [f"{m} ({n}/{of})" for m, n, of in zip(*(frame[h] for h in HEADS[:3]), strict=True)]
            shown = frame.drop(columns=list(HEADS[:3]))
            values = shown.to_numpy(dtype=float)
            shades, bold = _dearness(values, 0)
        cells = [[written(float(f"{v:.3g}")) for v in row] for row in values]
        title = SHORT[self.merit] + ("" if self.by == "problem" else ", and problems solved of all")
        return draw_grid(cells, shades, _short(names), _short(shown.columns), title, bold=bold)


def _short(names: Iterable[Any]) -> list[str]:
    """Names that leave room for the grid."""
    return [name if len(name) <= LONGEST else name[: LONGEST - 1] + "…" for name in map(str, names)]


def _quartiles(costs: Array) -> Array:
    """The quartiles over the rows, (3, S)."""
    return quantiles(costs, QUARTILES)


def _dearness(values: Array, axis: int) -> tuple[Array, np.ndarray]:
    """Shades by the logarithm of the cost over the least along an axis, white where nobody has one; and the least."""
    finite = np.where(np.isfinite(values), values, np.nan)
    with np.errstate(all="ignore"):
        least = np.nanmin(np.where(np.isnan(finite), np.inf, finite), axis=axis, keepdims=True)
        shades = np.clip(np.log(values / least) / np.log(FAR), 0.0, 1.0)
    return shades, values == np.where(np.isfinite(least), least, np.nan)

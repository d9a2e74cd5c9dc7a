"""Solved by accuracy: how many problems each method solves, the tolerance getting tighter."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from optlab.core.plot import PlotData
from optlab.core.status import InputError, Status
from optlab.plots._benchmark import Benchmark
from optlab.plots._grid import draw_grid
from optlab.plots.panels import power
from optlab.plots.summary import Summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ["line", "tau", "solved", "instances"]
VERIFIED = "converged"


@dataclass(frozen=True)
class Solved(Benchmark):
    """How many problems each method solves to each accuracy τ, and on how many it converged, as the driver verified.

    `success`, `tau` and `merit` say nothing here.

    Attributes
    ----------
    taus : tuple of float
        Values of τ in f − f* ≤ τ |f(x₀) − f*|.
    """

    taus: tuple[float, ...] = (1e-1, 1e-3, 1e-5, 1e-7, 1e-9)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.taus or not all(isinstance(tau, Real) and 0 < tau < 1 for tau in self.taus):
            msg = f"solved: taus must be a list of numbers between 0 and 1, given {self.taus!r}"
            raise InputError(msg)

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        return (
            "Problems solved to f − f* ≤ τ |f(x₀) − f*| for several τ, where an unknown f* is the best f found by the "
            "methods shown, and runs that ended CONVERGED, which the driver verifies: at a local minimum, say, a run "
            f"converges and solves nothing. {self.counted}"
        )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return line, τ (NaN for verified convergence), how many of how many."""
        import pandas as pd

        measured, hits = self.hits(data, np.asarray(self.taus, dtype=float))
        ended = [0.0 if m.status == Status.CONVERGED.name else np.inf for m in measured]
        values = np.column_stack([hits, ended]) if measured else np.empty((0, len(self.taus) + 1))
        _, lines, spread = self.spread(data, measured, values)
        there = np.isfinite(spread).sum(axis=0)
        rows = [
            {"line": line, "tau": tau, "solved": int(there[j, t]), "instances": len(spread)}
            for j, line in enumerate(lines)
            for t, tau in enumerate([*self.taus, np.nan])
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    def summary(self, data: PlotData) -> Summary:
        """Return a row per method, a column per τ."""
        import pandas as pd

        table = self.table(data)
        rows = [
            {"method": line, **{_head(tau): n for tau, n in zip(of["tau"], of["solved"], strict=True)},
             "of": of["instances"].iloc[0]}
            for line, of in table.groupby("line", sort=False)
        ]  # fmt: skip
        heads = ["method", *map(_head, [*self.taus, np.nan]), "of"]
        return Summary(pd.DataFrame(rows, columns=heads), self.caption)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the summary as a grid; None where there is no method."""
        frame = self.summary(data).frame
        if frame.empty:
            return None
        counts = frame.drop(columns=["method", "of"])
        shades = counts.to_numpy(dtype=float) / frame["of"].to_numpy(dtype=float)[:, None]
        cells = [[str(n) for n in row] for row in counts.to_numpy()]
        return draw_grid(cells, shades, list(frame["method"]), list(counts.columns),
                         f"problems solved, of {frame['of'].iloc[0]}")  # fmt: skip


def _head(tau: float) -> str:
    return VERIFIED if np.isnan(tau) else f"τ = {power(tau) or f'{tau:g}'}"

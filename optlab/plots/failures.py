"""Failures by status: how the runs of each method ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optlab.core.plot import Plot, PlotData
from optlab.core.status import Status
from optlab.plots._grid import draw_grid
from optlab.plots.series import named
from optlab.plots.summary import Summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ["line", "status", "runs", "of"]


@dataclass(frozen=True)
class Failures(Plot):
    """How many runs of each method ended with each status."""

    caption = (
        "How the runs of each method ended. CONVERGED is verified by the driver; ACCEPTABLE, MAX_ITERATIONS, "
        "MAX_EVALUATIONS, TIMEOUT and STALLED stopped short of it; the others broke down; SKIPPED did not run, because "
        "the method needs something that the problem does not offer."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return line, status, how many runs, of how many of the method; statuses that occur, in their order."""
        import pandas as pd

        runs = named(data.runs)
        there = [status for status in Status.__members__ if (runs["status"] == status).any()]
        rows = [
            {"line": line, "status": status, "runs": int((of["status"] == status).sum()), "of": len(of)}
            for line, of in runs.groupby("line", sort=False)
            for status in there
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    def summary(self, data: PlotData) -> Summary:
        """Return a row per method, a column per status."""
        import pandas as pd

        table = self.table(data)
        rows = [
            {"method": line, **dict(zip(of["status"], of["runs"], strict=True)), "runs": of["of"].iloc[0]}
            for line, of in table.groupby("line", sort=False)
        ]
        return Summary(pd.DataFrame(rows), self.caption)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the summary as a grid; None where there is no run."""
        frame = self.summary(data).frame
        if frame.empty:
            return None
        counts = frame.drop(columns=["method", "runs"])
        shades = counts.to_numpy(dtype=float) / frame["runs"].to_numpy(dtype=float)[:, None]
        cells = [[str(n) if n else "·" for n in row] for row in counts.to_numpy()]
        names = [f"{line} ({n} runs)" for line, n in zip(frame["method"], frame["runs"], strict=True)]
        return draw_grid(cells, np.asarray(shades), names, list(counts.columns), "runs by status")

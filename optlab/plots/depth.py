"""What depth does to training: f at the end of each run against the number of hidden layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from optlab.core.plot import Plot, PlotData
from optlab.core.status import Status
from optlab.plots import style
from optlab.plots.panels import FAILED_MARK, heading, legend, panels, set_scale, swatch, tidy_ticks
from optlab.plots.series import failed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

HIGHEST = 10.0
"""Values up to this many times the median at the start are drawn as they are; beyond it there is a mark at the rim."""


def kinds_of(runs: pd.DataFrame, ignore: Iterable[str] = ()) -> list[str]:
    """Return what tells the problem of each run from the others, in few words: "relu, he_normal, batch_norm".

    Text stands for itself, a flag is named where it is set, a number where it is not the usual one.
    """
    left = {"problem.n", "problem.depth", *ignore}
    varied = [c for c in runs.columns if str(c).startswith("problem.") and c not in left and runs[c].nunique() > 1]
    words: list[list[str]] = [[] for _ in range(len(runs))]
    for name in varied:
        usual = runs[name].mode().iloc[0]
        short = name.removeprefix("problem.")
        for said, value in zip(words, runs[name], strict=True):
            if isinstance(value, str):
                said.append(value)
            elif isinstance(value, (bool, np.bool_)):
                said.extend([short] * bool(value))
            elif value == value and value != usual:  # noqa: PLR0124  not NaN
                said.append(f"{short} {value:.3g}")
    return [", ".join(said) or str(problem) for said, problem in zip(words, runs["problem"], strict=True)]


@dataclass(frozen=True)
class Depth(Plot):
    """f at the last iterate against `problem.depth`: a line per kind of network, a panel per method."""

    name: ClassVar[str] = "depth"

    caption = (
        "f at the end of each run against the depth of the network, a panel per method. A line that rises to the "
        "dotted one, the median of f at the start, belongs to networks that do not learn: their gradients vanish. An X "
        "at the rim is a run that failed or ended far above."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return panel, line, depth, status, first and f: f at the start and at the end."""
        import pandas as pd

        if "problem.depth" not in data.runs:
            return pd.DataFrame(columns=["panel", "line", "depth", "status", "first", "f"])
        runs = data.runs[data.runs["problem.depth"].notna() & (data.runs["status"] != Status.SKIPPED.name)]
        first = data.iterations.groupby("run")["f"].first()
        found = pd.DataFrame({
            "panel": runs["label"] if "label" in runs else runs["optimizer"], "line": kinds_of(runs),
            "depth": runs["problem.depth"].astype(float), "status": runs["status"],
            "first": runs["run"].map(first).astype(float), "f": runs["f"].astype(float),
        })  # fmt: skip
        return found.sort_values("depth", kind="stable").reset_index(drop=True)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no problem has a depth."""
        table = self.table(data)
        if table.empty or not np.isfinite(table["f"]).any():
            return None
        rim = HIGHEST * float(table["first"].median())
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            looks = style.looks_of(dict.fromkeys(table["line"]))
            figure, axes_there = panels(len(names))
            wrong = False
            for axes, name in zip(axes_there, names, strict=True):
                here = table[table["panel"] == name]
                for line, rows in here.groupby("line", sort=False):
                    off = rows["status"].map(failed).astype(bool) | ~(rows["f"] <= rim)
                    axes.plot(rows["depth"][~off], rows["f"][~off], **looks[str(line)], zorder=3)
                    axes.plot(rows["depth"][off], np.full(int(off.sum()), rim), color=looks[str(line)]["color"],
                              **FAILED_MARK)  # fmt: skip
                    wrong = wrong or bool(off.any())
                axes.axhline(float(here["first"].median()), color=style.MUTED, linewidth=0.9, linestyle=":")
                set_scale(axes, "y", np.asarray(here["f"][here["f"] <= rim], dtype=float))
                tidy_ticks(axes)
                axes.set_xticks(np.unique(table["depth"]))
                axes.set_xlabel("hidden layers")
                axes.set_ylabel("f at the end")
                heading(axes, str(name))
            entries: list[tuple[Any, str]] = [(swatch(**look), line) for line, look in looks.items()]
            if wrong:
                entries.append((swatch(color=style.MUTED, **FAILED_MARK), "failed, or far above"))
            legend(figure, entries)
            return figure

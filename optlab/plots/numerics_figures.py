"""Pictures of the tables of `optlab.numerics`: least squares against κ, saddles against dimension, det against κ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.plots import style
from optlab.plots.panels import legend, panels, swatch, tidy_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

EPS = float(np.finfo(float).eps)
GUIDE: dict[str, Any] = {"color": style.MUTED, "linewidth": 0.9, "linestyle": "-", "marker": "none", "zorder": 1}
"""Look of a line that theory draws."""
TOP = 30.0


def draw_accuracy(table: pd.DataFrame) -> Figure:
    """Draw a table of `accuracy_against_condition`: residual and error of each way against κ, with κε and κ²ε."""
    with style.applied():
        figure, axes_there = panels(2)
        entries = []
        kappa = np.unique(table["condition"])
        for axes, column, word in zip(
            axes_there, ("residual", "error"), ("‖Xβ̂ − y‖ / ‖y‖", "‖β̂ − β‖ / ‖β‖"), strict=True
        ):
            for i, (name, rows) in enumerate(table.groupby("way", sort=False)):
                look = style.look(i)
                axes.plot(rows["condition"], rows[column], **look, zorder=3)
                if axes is axes_there[0]:
                    entries.append((swatch(**look), str(name)))
            for power, text in ((1, "κε"), (2, "κ²ε")):
                line = kappa**power * EPS
                shown = line < TOP
                axes.plot(kappa[shown], line[shown], **GUIDE)
                axes.annotate(text, (kappa[shown][-1], line[shown][-1]), xytext=(-3, 3), textcoords="offset points",
                              ha="right", color=style.MUTED)  # fmt: skip
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_ylim(EPS / 10.0, TOP * 10.0)
            tidy_ticks(axes)
            axes.set_xlabel("condition number κ(X)")
            axes.set_ylabel(word)
            axes.set_title("Residual" if column == "residual" else "Error of the solution")
        legend(figure, entries)
        return figure


def draw_saddles(table: pd.DataFrame) -> Figure:
    """Draw a table of `saddles_against_dimension`: the probability of a minimum, on a logarithmic axis."""
    with style.applied():
        figure, (axes,) = panels(1)
        n, p = np.asarray(table["n"], dtype=float), np.asarray(table["minimum"], dtype=float)
        seen = p > 0
        look = style.look(0) | {"linestyle": "none"}
        axes.errorbar(n[seen], p[seen], yerr=np.minimum(2.0 * table["error"][seen], 0.9 * p[seen]),
                      **look, elinewidth=1.0, capsize=2.0, zorder=4)  # fmt: skip
        entries = [(swatch(**look), "measured, ± 2 standard errors")]
        lines = (("exact", "exact (de Bruijn's Pfaffian)", 0), ("independent", "2⁻ⁿ, were they independent", 1),
                 ("asymptotic", "exp(−n² (ln 3)/4), leading order", 2))  # fmt: skip
        for column, word, i in lines:
            if table[column].notna().any():
                line = {"color": style.look(i)["color"], "linestyle": style.look(i)["linestyle"], "marker": "none"}
                axes.plot(n, table[column], **line, zorder=3 - i)
                entries.append((swatch(**line), word))
        axes.set_yscale("log")
        tidy_ticks(axes)
        axes.set_xticks(n)
        axes.set_xlabel("dimension n")
        axes.set_ylabel("P(all eigenvalues > 0)")
        axes.set_title("A random critical point is hardly ever a minimum")
        legend(figure, entries)
        return figure


def draw_determinants(table: pd.DataFrame) -> Figure:
    """Draw a table of `determinants`: log₁₀ det against n beside log₁₀ κ, and where det underflows."""
    with style.applied():
        figure, (axes,) = panels(1)
        n, det = np.asarray(table["n"], dtype=float), np.asarray(table["det"], dtype=float)
        gone = det == 0
        blue, red = style.look(0), style.look(1)
        axes.plot(n, table["log10_det"], **blue)
        axes.plot(n, np.log10(table["condition"]), **red)
        axes.plot(n[gone], np.asarray(table["log10_det"])[gone], color=blue["color"], marker="X", markersize=10,
                  markeredgecolor="white", linestyle="none", zorder=5)  # fmt: skip
        axes.set_xlabel("dimension n")
        axes.set_ylabel("log₁₀")
        axes.set_title("The determinant of 0.1·I vanishes, its condition does not change")
        legend(figure, [(swatch(**blue), "log₁₀ det"), (swatch(**red), "log₁₀ κ"),
                        (swatch(color=blue["color"], marker="X", linestyle="none"), "det computed as 0")])  # fmt: skip
        return figure

"""Writing figures: SVG, PNG and PDF with the same bytes every time, and the numbers behind them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optlab.core.settings import name_of
from optlab.core.status import worded
from optlab.plots import style
from optlab.plots.summary import Publishable

if TYPE_CHECKING:
    from optlab.core.plot import Plot, PlotData

FORMATS = ("svg", "png", "pdf")
NO_DATE: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""Metadata that would change from day to day or from version to version, by format."""


@dataclass(frozen=True)
class Picture:
    """A drawn plot, as the report shows it.

    Attributes
    ----------
    name : str
        The stem of its files, unique in its folder.
    caption : str
        How to read it.
    files : tuple of Path
        The figures, the CSV of its numbers, the tables to publish, the caption; empty where there was nothing to draw.
    problem : str
        Why it could not be drawn; empty when it was.
    """

    name: str
    caption: str = ""
    files: tuple[Path, ...] = ()
    problem: str = ""


def save(plot: Plot, data: PlotData, folder: Path, name: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Draw a plot into `folder` as <name>.svg and so on, with its numbers as <name>.csv and its caption as <name>.txt.

    A plot of a table also writes that as <name>.tex and <name>.md.

    Returns
    -------
    list of Path
        The files written, figures first; empty where the tables hold nothing to draw.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    figure = plot.draw(data)
    if figure is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.{kind}" for kind in formats]
    with style.applied(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a label in a script that the font lacks
        engine = figure.get_layout_engine()
        if engine is not None:  # arranged once, for all formats; equal units need a second pass
            for _ in range(1 if all(axes.get_aspect() == "auto" for axes in figure.axes) else 2):
                engine.execute(figure)
            figure.set_layout_engine("none")
        for path, kind in zip(files, formats, strict=True):
            metadata = dict(NO_DATE.get(kind, {}))
            if kind in ("svg", "pdf"):
                metadata["Title"] = plot.caption or name
            figure.savefig(path, format=kind, metadata=metadata)
    files.append(folder / f"{name}.csv")
    plot.table(data).to_csv(files[-1], index=False, lineterminator="\n")
    if isinstance(plot, Publishable):
        summary = plot.summary(data)
        for kind, text in (("tex", summary.latex()), ("md", summary.markdown())):
            files.append(folder / f"{name}.{kind}")
            files[-1].write_text(text, encoding="utf-8")
    files.append(folder / f"{name}.txt")
    files[-1].write_text(plot.caption + "\n", encoding="utf-8")
    return files


def draw_all(plots: Iterable[Plot], data: PlotData, folder: Path, formats: Sequence[str] = FORMATS) -> list[Picture]:
    """Draw several plots into a folder, each named after its class; a second one of a kind gets a number.

    A plot that raises is returned with the reason in `problem`; the others are drawn.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    pictures = []
    seen: dict[str, int] = {}
    for plot in plots:
        kind = name_of(plot)
        seen[kind] = seen.get(kind, 0) + 1
        name = kind if seen[kind] == 1 else f"{kind}-{seen[kind]}"
        try:
            files = save(plot, data, folder, name, formats)
        except OSError:
            raise
        except (Exception, SystemExit) as error:  # a plug-in's plot may raise anything; the rest is still drawn
            pictures.append(Picture(name, problem=worded(error)))
            continue
        pictures.append(Picture(name, plot.caption, tuple(files), "" if files else "the tables hold nothing to draw"))
    return pictures

"""Trajectories that grow: a GIF of the paths, iteration by iteration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from optlab.core.status import InputError
from optlab.plots import style
from optlab.plots._feasible import ACTIVE
from optlab.plots.landscape import STAR
from optlab.plots.trajectories import Trajectories

if TYPE_CHECKING:
    from optlab.core.plot import PlotData
    from optlab.core.problem import Array
    from optlab.plots._paths import Drawn

DPI = 100
HOLD_SECONDS = 1.5
"""How long the last frame stays."""
GREYS = 128
TINTS = (0.0, 0.35, 0.7)
"""How far toward white each color of a path is mixed for its edges."""


def animate(plot: Trajectories, data: PlotData, path: Path, frames: int = 60, per_second: int = 12) -> Path:
    """Write the paths of a trajectories plot as a GIF that repeats, and return its path; the same bytes every time.

    The iterations shown are spaced geometrically, since methods differ most at the beginning.

    Raises
    ------
    InputError
        For a file that is no .gif, fewer than 2 frames, or where no problem has two variables.
    """
    if path.suffix.lower() != ".gif" or frames < 2 or per_second < 1:  # noqa: PLR2004  two frames make a motion
        msg = f"an animation is a .gif file of 2 frames or more, given {path.name}, {frames} frames, {per_second} per s"
        raise InputError(msg)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure, paths = plot.drawn(data)
    if figure is None:
        msg = "there is nothing to animate: no problem of two variables was run"
        raise InputError(msg)
    with style.applied():
        figure.set_dpi(DPI)
        canvas = FigureCanvasAgg(figure)
        engine = figure.get_layout_engine()
        if engine is not None:  # arranged once, with everything drawn
            for _ in range(2):
                engine.execute(figure)
            figure.set_layout_engine("none")
        images = []
        for k in moments(max(int(drawn.k[-1]) for drawn in paths), frames):
            for drawn in paths:
                show(drawn, k)
            figure.axes[-1].set_title(f"iteration {k:.0f}", loc="right")
            canvas.draw()  # type: ignore[no-untyped-call]
            pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
            images.append(Image.fromarray(pixels[..., :3].copy()))
    palette = Image.new("P", (1, 1))
    palette.putpalette(palette_of([drawn.line.get_color() for drawn in paths]))
    shown = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    length = round(1000 / per_second)
    times = [length] * (len(shown) - 1) + [round(1000 * HOLD_SECONDS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    shown[0].save(path, save_all=True, append_images=shown[1:], duration=times, loop=0)
    return path


def palette_of(colors: list[str]) -> list[int]:
    """Return the red, green and blue of the colors of a picture: greys, the given ones and those of marks, in tints."""
    from matplotlib.colors import to_rgb

    there = dict.fromkeys([*colors, STAR["markerfacecolor"], ACTIVE["color"]])
    shades = [(v, v, v) for v in np.linspace(0, 1, GREYS)]
    tinted = [tuple(c + (1 - c) * tint for c in to_rgb(color)) for color in there for tint in TINTS]
    return [round(255 * c) for shade in [*shades, *tinted][:256] for c in shade]


def moments(last: int, frames: int) -> Array:
    """Return the iterations shown, 0 and the last among them, `frames` at most."""
    return np.unique(np.append(0, np.round(np.geomspace(1, max(last, 1), frames - 1))).clip(0, last))


def show(drawn: Drawn, k: float) -> None:
    """Show of a path what had happened by iteration k."""
    done = int(np.searchsorted(drawn.k, k, side="right"))
    drawn.line.set_data(*drawn.x[:done].T)
    drawn.line.set_markevery([i for i in drawn.every if i < done])
    for when, mark in drawn.marks:
        mark.set_visible(when <= k)

"""What the maps share: methods on problems, the runs of a grid, and how outcomes other than success look."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.batch import Runs, map_runs
from optlab.core.endings import lacking
from optlab.core.settings import name_of, settings_of
from optlab.core.stop import Iterations, Stationary
from optlab.plots.series import GOOD, failed, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from optlab.core.optimizer import Optimizer
    from optlab.core.plot import PlotData
    from optlab.core.problem import Array, ProblemBase

SHORT = "#DDDDDD"
"""Color of runs that stopped short of convergence."""
BROKEN = "#FFFFFF"
"""Color of runs that failed, under a hatch."""
HATCH = "#606060"
DOTS, LINES = "..", "////"
REMEMBERED = 8


def methods(data: PlotData, setting: str = "") -> list[tuple[str, str, ProblemBase, Optimizer]]:
    """Return (panel, line, problem, method) of every method on every problem that it runs on, once each.

    With a `setting` methods that differ in it alone are one, under their registry name, and those without it are left
    out.
    """
    found: dict[tuple[str, str], tuple[str, str, ProblemBase, Optimizer]] = {}
    for (panel, line), rows in named(data.runs).groupby(["panel", "line"], sort=False):
        run = str(rows["run"].iloc[0])
        problem, method = data.problem(run), data.optimizer(run)
        if lacking(problem, method) or (setting and setting not in settings_of(type(method))):
            continue
        rest = repr(replace(method, **{setting: None})) if setting else str(line)
        key, title = (str(panel), rest), str(line)
        if key in found and found[key][1] != title:
            title = name_of(method)
        found[key] = (str(panel), title, problem, method)
    return list(found.values())


def ended(
    problem: ProblemBase, method: Optimizer, starts: Array, settings: dict[str, Array], iterations: int, seconds: float
) -> Runs:  # fmt: skip
    """Run all starts, and remember the last few answers: a figure and its table ask for the same."""
    key = tuple((name, values.tobytes()) for name, values in {"": starts, **settings}.items())
    try:
        return _remembered(problem, method, starts.shape, key, iterations, seconds)
    except TypeError:  # a problem that is no key
        stop = Stationary() | Iterations(iterations)
        return map_runs(problem, method, starts, settings, stop, seconds=seconds)


@lru_cache(maxsize=REMEMBERED)
def _remembered(problem: Any, method: Any, shape: tuple[int, ...], key: Any, iterations: int, seconds: float) -> Runs:
    (_, starts), *settings = ((name, np.frombuffer(values)) for name, values in key)
    stop = Stationary() | Iterations(iterations)
    return map_runs(problem, method, starts.reshape(shape), dict(settings), stop, seconds=seconds)


def masks(statuses: Array) -> tuple[Array, Array]:
    """Return where runs stopped short of convergence, and where they failed."""
    broken = np.vectorize(failed, otypes=[bool])(statuses)
    return ~broken & ~np.isin(statuses, list(GOOD)), broken


def hatch(axes: Axes, x: Array, y: Array, short: Array, broken: Array) -> None:
    """Dot the cells of runs that stopped short and hatch those that failed; x and y are the middles of the cells."""
    for there, pattern in ((short, DOTS), (broken, LINES)):
        if there.any():
            mask = there.astype(float)
            drawn = axes.contourf(x, y, mask, levels=[0.5, 1.5], colors="none", hatches=[pattern], zorder=2)
            drawn.set_edgecolor(HATCH)
            drawn.set_linewidth(0)


def outcome_entries(statuses: Sequence[Array]) -> list[tuple[Any, str]]:
    """Return the legend entries of the outcomes other than success that occur, with the statuses in words."""
    from matplotlib.patches import Patch

    there = np.unique(np.concatenate([np.ravel(s) for s in statuses]).astype(str)).tolist()
    short = [s for s in there if not failed(s) and s not in GOOD]
    broken = [s for s in there if failed(s)]
    return [
        (Patch(facecolor=color, edgecolor=HATCH, hatch=2 * pattern, linewidth=0.5), ", ".join(names))
        for names, color, pattern in ((short, SHORT, DOTS), (broken, BROKEN, LINES))
        if names
    ]


def grid_of(table: pd.DataFrame, x: str, y: str, value: str) -> tuple[Array, Array, Any]:
    """Return the distinct x and y of a table of cells, and a value of every cell as a matrix, a row per y."""
    wide = table.pivot(index=y, columns=x, values=value)
    return wide.columns.to_numpy(dtype=float), wide.index.to_numpy(dtype=float), wide.to_numpy()

"""Runtimes over many targets at once: the empirical distribution of what it costs to reach them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from optlab.core.plot import PlotData
from optlab.core.status import InputError
from optlab.plots._benchmark import Benchmark
from optlab.plots._shares import corners, draw_shares, firsts, percent
from optlab.plots.efforts import SHORT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from optlab.core.problem import Array


@dataclass(frozen=True)
class RuntimeDistribution(Benchmark):
    """The share of pairs of problem and target that a method reaches within a cost.

    The targets are relative gaps (f − f*)/|f(x₀) − f*|, spaced evenly on a log scale; `success` and `tau` say
    nothing here.

    Attributes
    ----------
    easiest, hardest : float
        The largest and the smallest target.
    targets : int
        How many there are.

    Source: Hansen, Auger, Ros, Mersmann, Tušar & Brockhoff (2021), COCO: a platform for comparing continuous
    optimizers in a black-box setting, section 4 (runtime distributions); the targets are relative here, so that
    scaling f changes nothing.
    """

    name: ClassVar[str] = "ecdf"

    easiest: Annotated[float, Gt(0), Le(1)] = 0.1
    hardest: Annotated[float, Gt(0), Lt(1)] = 1e-8
    targets: Annotated[int, Ge(2)] = 36

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.hardest < self.easiest:
            msg = f"ecdf: hardest must be below easiest, given {self.hardest:g} and {self.easiest:g}"
            raise InputError(msg)

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        return (
            f"Runtimes over {self.targets} targets: the share of all pairs of problem and target that a method reaches "
            "at a cost of at most that on the x axis. A target is a relative gap (f − f*)/|f(x₀) − f*|, from "
            f"{self.easiest:g} to {self.hardest:g}, where an unknown f* is the best f found by the methods shown. "
            f"{self.measured} {self.counted}"
        )

    @property
    def gaps_aimed_at(self) -> Array:
        """The targets, from the easiest to the hardest."""
        return np.geomspace(self.easiest, self.hardest, self.targets)

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the corners of the curves: line, runtime, share of pairs, how many of how many are reached."""
        _, lines, hits = self.spread(data, *self.hits(data, self.gaps_aimed_at))
        return corners({line: hits[:, j].ravel() for j, line in enumerate(lines)}, "runtime")

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no target is reached."""
        table = self.table(data)
        words = {line: percent(solved / total) for line, (_, solved, total) in firsts(table).items()}
        labels = SHORT[self.merit], "share of problems × targets reached"
        return draw_shares(table, "runtime", labels, words, "reached")

"""The contract of a plot: tables in, a matplotlib Figure out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from optlab.core.optimizer import Optimizer
    from optlab.core.problem import Array, ProblemBase


class PlotData(Protocol):
    """What a plot may read; `optlab.load(folder)` gives one.

    Attributes
    ----------
    runs : DataFrame
        A row per run: run, problem, optimizer, label, every setting as ``optimizer.step_size`` and
        ``problem.condition``, start, seed, status, message, f, stationarity, iterations, counts, seconds.
    iterations : DataFrame
        A row per run and iteration: run, k, f, stationarity, step_size, counts, seconds, kept, and every column.
    """

    @property
    def runs(self) -> pd.DataFrame: ...
    @property
    def iterations(self) -> pd.DataFrame: ...

    def trajectory(self, run: str) -> tuple[Array, Array]:
        """Return (k, x) of the kept iterates of a run: shapes (M,) and (M, n)."""
        ...

    def problem(self, run: str) -> ProblemBase:
        """Return the problem of a run, uncounted, built from its specification."""
        ...

    def optimizer(self, run: str) -> Optimizer:
        """Return the method of a run, built from its specification."""
        ...


@dataclass(frozen=True)
class Plot(ABC):
    """A picture; a frozen dataclass whose fields are its settings.

    `caption` is a sentence on how to read it; it may be a property that looks at the settings.
    """

    abstract: ClassVar[bool] = True
    caption: ClassVar[str] = ""

    @abstractmethod
    def draw(self, data: PlotData) -> Figure | None:
        """Draw, or return None where the tables hold nothing to draw. The figure is not shown or saved here."""

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the numbers behind the picture; written beside it as CSV."""
        return data.iterations

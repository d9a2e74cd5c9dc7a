"""The comparison: what changed by run, ratios with bootstrap intervals, and what counts as a step back."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.comparison.changes import COLUMNS, row_of
from optlab.comparison.environments import differing
from optlab.comparison.limits import Limits
from optlab.comparison.matching import match
from optlab.core.status import InputError
from optlab.kernels.bootstrap import grouped_means
from optlab.plots.series import GOOD
from optlab.results import Results, load

if TYPE_CHECKING:
    import pandas as pd

    from optlab.core.problem import Array

LEAST = {"seconds": 1e-6}
"""Values below these count as these; counts below one count as one."""
RESAMPLES, SEED = 2000, 0


@dataclass(frozen=True)
class Ratio:
    """A geometric mean of now over before, its interval over problems, how many runs it is of.

    NaN where there are no runs; the interval also where there is only one problem.
    """

    mean: float
    low: float
    high: float
    runs: int

    def above(self, allowed: float) -> bool:
        """Whether it is over 1 + `allowed`, and over 1 with all of its interval, where it has one."""
        return bool(self.mean > 1 + allowed and not self.low <= 1)


@dataclass(frozen=True)
class Against:
    """One results folder against the baseline.

    Attributes
    ----------
    results : Results
        The folder.
    changes : DataFrame
        A row per matched run: names, what changed, both statuses, f, iterations, effort, seconds, settings that differ.
    only_before, only_now : lists of str
        Runs that one side does not have.
    environment : dict
        Facts that differ: name → (before, now).
    """

    results: Results
    changes: pd.DataFrame
    only_before: list[str]
    only_now: list[str]
    environment: dict[str, tuple[str, str]]
    limits: Limits

    def ratio(self, what: str, label: str | None = None) -> Ratio:
        """Return how "effort" or "seconds" changed on the runs that both sides solved, of one method or of all."""
        frame = self.changes if label is None else self.changes[self.changes["label"] == label]
        both = frame[frame["status"].isin(GOOD) & frame["status_now"].isin(GOOD)]
        least = LEAST.get(what, 1.0)
        before, now = (np.maximum(both[name].to_numpy(dtype=float), least) for name in (what, f"{what}_now"))
        mean, low, high = (np.exp(v) for v in self._means(np.log(now / before), both))
        return Ratio(mean, low, high, len(both))

    @cached_property
    def solved(self) -> Ratio:
        """By how many, per matched run, more are solved now than before; not a ratio but a difference."""
        now, before = (self.changes[name].isin(GOOD).to_numpy() for name in ("status_now", "status"))
        return Ratio(*self._means(now.astype(float) - before, self.changes), len(self.changes))

    def _means(self, values: Array, frame: pd.DataFrame) -> tuple[float, float, float]:
        if not len(values):
            return (np.nan,) * 3
        there = np.isfinite(values)
        groups = frame["problem"].to_numpy(dtype=str)
        values = np.where(there, values, 0.0)
        limits = self.limits
        mean, low, high = grouped_means(values, there.astype(float), groups, RESAMPLES, limits.confidence, SEED)
        if len(set(groups)) == 1:
            return float(mean), np.nan, np.nan
        return float(mean), float(low), float(high)

    def count(self, change: str) -> int:
        """Return how many runs changed in a way, such as "lost"."""
        return int((self.changes["change"] == change).sum())

    @cached_property
    def regressions(self) -> list[str]:
        """What is a step back, in words; empty where nothing is."""
        limits, said = self.limits, []
        if self.count("lost") > limits.lost:
            said.append(f"{_runs(self.count('lost'))} solved before and not now")
        if self.count("worse f"):
            said.append(f"{_runs(self.count('worse f'))} ended at a worse f")
        if self.ratio("effort").above(limits.tolerance):
            said.append(f"mean effort grew by the factor {self.ratio('effort').mean:.3g}")
        if limits.complete and self.only_before:
            said.append(f"{_runs(len(self.only_before))} of the baseline missing")
        far = self.changes["ratio"] > limits.worst
        if far.any():
            said.append(f"{_runs(int(far.sum()))} needed over {limits.worst:g} times the effort")
        if limits.seconds is not None and self.ratio("seconds").above(limits.seconds):
            said.append(f"mean seconds grew by the factor {self.ratio('seconds').mean:.3g}")
        return said


@dataclass(frozen=True)
class Comparison:
    """Results folders against the first of them; `str` is the text, a notebook shows it.

    Attributes
    ----------
    baseline : Results
        The first folder.
    others : list of Against
        The others, each against the first.
    """

    baseline: Results
    others: list[Against] = field(default_factory=list)

    @property
    def regressed(self) -> bool:
        """Whether any of the others is a step back."""
        return any(other.regressions for other in self.others)

    @property
    def changes(self) -> pd.DataFrame:
        """The rows of all others, with a column `folder`."""
        import pandas as pd

        return pd.concat([o.changes.assign(folder=str(o.results.folder)) for o in self.others], ignore_index=True)

    def __str__(self) -> str:
        from optlab.comparison.words import text

        return text(self)

    def _repr_html_(self) -> str:
        from optlab.comparison.words import tables

        return "".join(table._repr_html_() for table in tables(self))


def compare(baseline: str | Path | Results, *others: str | Path | Results, **limits: Any) -> Comparison:
    """Compare results folders with the first of them, run by run.

    Runs are matched by problem, label, start, seed and precision, and by settings where these do not tell them apart;
    not by content, so that yesterday's and today's code compare.

    Parameters
    ----------
    baseline, others : paths or Results
        Results folders, finished or not.
    **limits
        What counts as a step back: `tolerance`, `worst`, `lost`, `seconds`, `effort`, `confidence`, as in `Limits`.

    Raises
    ------
    InputError
        Where there is nothing to compare, a folder holds no results or a newer optlab wrote it, or a limit is no limit.

    Examples
    --------
    >>> comparison = optlab.compare("results/yesterday", "results/today")  # doctest: +SKIP
    >>> comparison.regressed  # doctest: +SKIP
    False
    """
    if not others:
        msg = "compare needs at least two results folders"
        raise InputError(msg)
    allowed = Limits(**limits)
    first, *rest = (folder if isinstance(folder, Results) else load(folder) for folder in (baseline, *others))
    return Comparison(first, [_against(first, other, allowed) for other in rest])


def _against(first: Results, other: Results, limits: Limits) -> Against:
    import pandas as pd

    matched = match(first.runs, other.runs)
    start = dict(zip(*(first.iterations.drop_duplicates("run")[name] for name in ("run", "f")), strict=True))
    rows = [row_of(before, now, start.get(before.row["run"], np.nan), limits) for before, now in matched.pairs]
    return Against(
        other,
        pd.DataFrame(rows, columns=COLUMNS),
        [run.title for run in matched.only_before],
        [run.title for run in matched.only_now],
        differing(first.environment, other.environment),
        limits,
    )


def _runs(number: int) -> str:
    return f"{number} run{'' if number == 1 else 's'}"

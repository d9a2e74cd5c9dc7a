"""Results made by hand, for tests of what reads tables."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass
class HandMade:
    """Rows of runs and tables of iterations; a subclass writes `add`, which says what a run of its kind is like."""

    rows: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    problems: dict = field(default_factory=dict)
    paths: dict = field(default_factory=dict)

    @property
    def runs(self):
        return pd.DataFrame(self.rows)

    @property
    def iterations(self):
        return pd.concat(self.parts, ignore_index=True)

    def trajectory(self, run):
        path = self.paths.get(run, np.empty((0, 2)))
        return np.arange(len(path)), path

    def problem(self, run):
        return self.problems[run]

"""What a report is written from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from optlab.core.plot import PlotData


class Reported(PlotData, Protocol):
    """A results folder; `optlab.load(folder)` gives one."""

    @property
    def folder(self) -> Path: ...
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def environment(self) -> dict[str, Any]: ...

"""The contract of a schedule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar


class Schedule(ABC):
    """A factor of the step length that depends on the iteration alone; a frozen dataclass."""

    abstract: ClassVar[bool] = True

    @abstractmethod
    def factor(self, k: int) -> float:
        """Return what the step length of iteration k = 0, 1, 2, … is multiplied by, positive."""

"""What counts as a step back."""

from __future__ import annotations

from dataclasses import dataclass

from optlab.core.status import InputError
from optlab.core.trace import COUNTS

EFFORTS = ("evaluations", "iterations", *COUNTS)


@dataclass(frozen=True)
class Limits:
    """What is a step back.

    Attributes
    ----------
    tolerance : float
        Mean effort may grow by this part; beyond, with an interval that leaves 1 out, it is a step back.
    worst : float
        No single run may need more than so many times the effort.
    lost : int
        So many runs may be lost: solved before, not solved now.
    seconds : float, optional
        Mean seconds may grow by this part; None ignores them, since they are noisy.
    effort : str
        What effort is counted in: "evaluations" of any kind, "iterations", or one of the counts, such as "n_f".
    confidence : float
        Of the intervals.
    complete : bool
        Whether every run of the baseline must be there.
    """

    tolerance: float = 0.1
    worst: float = 2.0
    lost: int = 0
    seconds: float | None = None
    effort: str = "evaluations"
    confidence: float = 0.95
    complete: bool = False

    def __post_init__(self) -> None:
        if self.effort not in EFFORTS:
            msg = f"effort is one of {', '.join(EFFORTS)}, given {self.effort!r}"
            raise InputError(msg)
        if not self.tolerance >= 0 or not (self.seconds is None or self.seconds >= 0) or not self.lost >= 0:
            msg = (
                f"tolerance, seconds and lost must not be negative, given {self.tolerance}, {self.seconds}, {self.lost}"
            )
            raise InputError(msg)
        if not self.worst >= 1 or not 0 < self.confidence < 1:
            msg = f"worst must be at least 1 and confidence in (0, 1), given {self.worst} and {self.confidence}"
            raise InputError(msg)

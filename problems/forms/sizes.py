"""Which numbers of variables and residuals a problem allows."""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.core.settings import name_of
from optlab.core.status import InputError

WHOLE = (int, np.integer)


def multiple_of(factor: int, problem: Any, least: int | None = None) -> None:
    """Raise an InputError unless the setting n of the problem is a multiple of the factor.

    `least` is the smallest n there is, the factor if left out. What is no whole number is left to the check of types.
    """
    n = problem.n
    if isinstance(n, WHOLE) and n % factor:
        below = max(n // factor * factor, least or factor)
        msg = f"{name_of(problem)}: n must be a multiple of {factor}, given {n}; try {below} or {below + factor}"
        raise InputError(msg)


def at_least_n(problem: Any) -> int:
    """Return the number of residuals m, 2n where the setting is None; raise an InputError where it is below n."""
    n, m = problem.n, problem.m
    if m is None:
        return 2 * int(n)
    if not (isinstance(m, WHOLE) and isinstance(n, WHOLE)):
        return 0
    if m < n:
        msg = f"{name_of(problem)}: m must be at least n = {n}, given {m}"
        raise InputError(msg)
    return int(m)

"""Which numbers of variables and residuals a problem allows."""

from __future__ import annotations

from math import isfinite
from typing import Any

from optlab.core.problem import DENSE
from optlab.core.settings import check_settings, name_of
from optlab.core.status import InputError


def multiple_of(factor: int, problem: Any, least: int | None = None) -> None:
    """Raise an InputError unless the setting n of the problem is a multiple of the factor.

    `least` is the smallest n there is, the factor if left out. The settings are checked on the way.
    """
    check_settings(problem)
    n = problem.n
    if n % factor:
        below = max(n // factor * factor, least or factor)
        msg = f"{name_of(problem)}: n must be a multiple of {factor}, given {n}; try {below} or {below + factor}"
        raise InputError(msg)


def at_least_n(problem: Any) -> int:
    """Return the number of residuals m, 2n where the setting is None; raise an InputError where it is below n.

    The settings are checked on the way.
    """
    check_settings(problem)
    n, m = problem.n, problem.m
    if m is None:
        return 2 * int(n)
    if m < n:
        msg = f"{name_of(problem)}: m must be at least n = {n}, given {m}"
        raise InputError(msg)
    return int(m)


def in_memory(problem: Any, rows: int, columns: int, *names: str) -> None:
    """Raise an InputError where a dense matrix that the settings `names` ask for would take over 2 GB.

    The settings are checked first.
    """
    check_settings(problem)
    if rows * columns > DENSE * DENSE:
        given = " and ".join(f"{name} = {getattr(problem, name)}" for name in names)
        msg = (
            f"{name_of(problem)}: a dense matrix of {rows:,} × {columns:,} would take {8e-9 * rows * columns:,.0f} GB; "
            f"rows times columns must be at most {DENSE:,}², given {given}"
        )
        raise InputError(msg)


def finite(problem: Any, *names: str) -> None:
    """Raise an InputError unless these settings are finite numbers. The settings are checked on the way."""
    check_settings(problem)
    for name in names:
        if not isfinite(getattr(problem, name)):
            msg = f"{name_of(problem)}: {name} must be finite, given {getattr(problem, name)!r}"
            raise InputError(msg)

"""Sweeps: {grid: […]}, {geomspace: [a, b, n]} and {linspace: [a, b, n]} in place of a value, multiplied or paired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import isfinite, log10, prod
from typing import Any

from optlab.core.status import InputError, nearest

KINDS = ("grid", "geomspace", "linspace")
MAX_RUNS = 100_000
"""Most runs of one experiment, and most values of one sweep."""
ENDS_AND_NUMBER = 3


@dataclass(frozen=True)
class Axis:
    """One swept setting: the values it takes, each checked and converted."""

    values: tuple[Any, ...]


def is_sweep(value: Any) -> bool:
    """Whether a mapping stands for a sweep rather than for a nested specification."""
    return isinstance(value, dict) and "name" not in value


def sweep_values(value: dict[str, Any]) -> list[Any]:
    """Return the values of a sweep.

    Raises
    ------
    InputError
        For an unknown kind of sweep, wrong numbers, an empty sweep, or one beyond `MAX_RUNS` values.
    """
    allowed = ", ".join(KINDS)
    if len(value) != 1:
        msg = f"a sweep has one key ({allowed}), given {len(value)}: {', '.join(value) or 'none'}"
        raise InputError(msg)
    ((kind, given),) = value.items()
    if kind not in KINDS:
        hint = nearest(kind, KINDS)
        if kind == "logspace":
            hint = "; did you mean 'geomspace', whose ends are values and not exponents?"
        msg = f"unknown sweep {kind!r}{hint} (sweeps: {allowed})"
        raise InputError(msg)
    if kind == "grid":
        if not isinstance(given, list) or not given:
            msg = f"grid needs a list with at least one value, given {given!r}"
            raise InputError(msg)
        return given
    numbers = isinstance(given, list) and all(
        isinstance(v, (int, float)) and not isinstance(v, bool) and isfinite(v) for v in given
    )
    if not numbers or len(given) != ENDS_AND_NUMBER or given[2] != int(given[2]):
        msg = f"{kind} needs [first, last, how many], for example [0.001, 1, 4], given {given!r}"
        raise InputError(msg)
    a, b, n = float(given[0]), float(given[1]), int(given[2])
    if not 1 <= n <= MAX_RUNS:
        msg = f"{kind} needs between 1 and {MAX_RUNS:,} values, given {n}"
        raise InputError(msg)
    if kind == "geomspace" and not a * b > 0:
        msg = f"geomspace needs two ends of the same sign and not 0, given {a:g} and {b:g}"
        raise InputError(msg)
    if n == 1:
        return [a]
    fractions = [i / (n - 1) for i in range(n)]
    if kind == "linspace":
        between = [a + (b - a) * t for t in fractions]
    else:
        between = [a * 10 ** (log10(b / a) * t) for t in fractions]
    # 15 digits: 0.1 is 0.1 and not its neighbor, so that a filter or a person can name it
    return [a, *(float(f"{v:.15g}") for v in between[1:-1]), b]


def axes(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Axis]:
    """Return every Axis of a specification, by the dotted path of the setting it sweeps."""
    if isinstance(tree, Axis):
        return {path: tree}
    if isinstance(tree, dict):
        return {p: a for key, value in tree.items() for p, a in axes(value, (*path, key)).items()}
    if isinstance(tree, list):
        return axes({str(i): value for i, value in enumerate(tree)}, path)
    return {}


def count(tree: Any, paired: list[list[str]]) -> int:
    """Return how many specifications a tree stands for."""
    return prod(len(rows) for rows in _groups(tree, paired))


def expand(tree: dict[str, Any], paired: list[list[str]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield every (specification, what was swept) of a tree; the last axis varies fastest.

    `paired` lists groups of dotted settings that advance together; the others multiply.
    """
    for choice in product(*_groups(tree, paired)):
        chosen = {path: value for row in choice for path, value in row}
        yield _filled(tree, chosen), {".".join(path): value for path, value in chosen.items()}


def _groups(tree: Any, paired: list[list[str]]) -> list[list[tuple[tuple[tuple[str, ...], Any], ...]]]:
    found = axes(tree)
    groups = [[tuple(name.split(".")) for name in group] for group in paired]
    alone = [[path] for path in found if not any(path in group for group in groups)]
    return [[tuple(zip(group, row, strict=True)) for row in zip(*(found[p].values for p in group), strict=True)]
            for group in sorted(groups + alone, key=lambda g: list(found).index(g[0]))]  # fmt: skip


def _filled(tree: Any, chosen: dict[tuple[str, ...], Any], path: tuple[str, ...] = ()) -> Any:
    if isinstance(tree, Axis):
        return chosen[path]
    if isinstance(tree, dict):
        return {key: _filled(value, chosen, (*path, key)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_filled(value, chosen, (*path, str(i))) for i, value in enumerate(tree)]
    return tree

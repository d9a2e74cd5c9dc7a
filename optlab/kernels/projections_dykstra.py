"""The projection onto an intersection, from the projections onto its parts.

Source: Dykstra (1983); Boyle & Dykstra (1986); Birgin & Raydan (2005), for the test of convergence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Projection = Callable[[Array], Array]

PATIENCE = 50
"""Where so many cycles have not even halved the change, a nearer point on the way is projected instead."""

MEMORY = 12
"""How many cycles an extrapolation looks back."""

EASY = 20
"""A projection that took no more cycles than this may be followed by one from farther away."""

STRIDE = 10.0
"""The factor between distances."""


class Cycles(NamedTuple):
    """Where Dykstra's cycles ended, the corrections (m, n) of the parts, how many they were, and if they converged."""

    point: Array
    corrections: Array
    number: int
    converged: bool


def cycles(projections: Sequence[Projection], x: Array, corrections: Array, tolerance: float, most: int) -> Cycles:
    """Run Dykstra's cycles from x with some corrections (0, or those of a point nearby); the last part is met exactly.

    Each part keeps what its projection took off, and gets it back before its turn in the next cycle. The cycles end
    when these corrections change by no more than `tolerance` times the length of x, taken together: the point
    itself can rest for many cycles before it moves on, the corrections do not rest with it.

    After some cycles the corrections are extrapolated to where a linear map would take them in the end. Cycles can
    begin anywhere, so this does no harm; it is kept where the next change is less than half as long.
    """
    point, length = x, float(np.linalg.norm(x))
    history: list[tuple[Array, Array]] = []
    fallback, bound, checked = corrections, np.inf, np.inf
    for number in range(1, most + 1):
        point, after = _cycle(projections, x, corrections)
        step = (after - corrections).ravel()
        change = float(np.linalg.norm(step))
        if change <= tolerance * max(length, float(np.linalg.norm(point))):
            return Cycles(point, after, number, True)
        if number % PATIENCE == 0:
            if not change <= 0.5 * checked:
                return Cycles(point, after, number, False)
            checked = change
        if not change <= bound:
            corrections, bound = fallback, np.inf
            continue
        bound = np.inf
        history.append((after, step))
        corrections = after
        if len(history) == MEMORY:
            fallback, bound = after, 0.5 * change
            corrections = _extrapolated(history)
            history = []
    return Cycles(point, after, most, False)


def _cycle(projections: Sequence[Projection], x: Array, corrections: Array) -> tuple[Array, Array]:
    """Project onto every part once; return the point and the new corrections."""
    point, after = x - corrections.sum(axis=0), np.empty_like(corrections)
    for i, project in enumerate(projections):
        shifted = point + corrections[i]
        point = project(shifted)
        after[i] = shifted - point
    return point, after


def _extrapolated(history: Sequence[tuple[Array, Array]]) -> Array:
    """Return the mean of the corrections for which the same mean of the changes is shortest, with weights of sum 1.

    Source: Eddy (1979), reduced rank extrapolation.
    """
    last, step = history[-1]
    before = np.array([change for _, change in history[:-1]])
    weights = np.linalg.lstsq((before - step).T, -step, rcond=None)[0]
    return np.asarray(last + sum(w * (there - last) for w, (there, _) in zip(weights, history[:-1], strict=True)))


def dykstra(projections: Sequence[Projection], x: Array, tolerance: float, most: int) -> Array:
    """Return nearly the point of the intersection that is nearest to x, after `most` cycles at most.

    From far away the cycles hardly get on: the corrections have to grow as long as the way, and grow in each by
    no more than the sets are wide. But p is the projection of x just where it is that of p + t(x − p), for any t
    in (0, 1]; so where x is too far, c ← P(c + t(x − c)) is repeated with a t that the cycles can cope with. When
    c moves by δ, it is within δ/t of the projection.
    Source: Rockafellar (1976), for the repetition: it is the proximal point method.
    """
    nothing = np.zeros((len(projections), x.size), dtype=x.dtype)
    found = cycles(projections, x, nothing, tolerance, most)
    left = most - found.number
    if found.converged:
        return found.point
    c, t, corrections = found.point, 1.0, nothing
    allowed = tolerance * max(float(np.linalg.norm(x)), float(np.linalg.norm(c)))
    while left > 0:
        nearer = c + t * (x - c)
        found = cycles(projections, nearer, corrections, tolerance, left)
        left -= found.number
        if not found.converged:
            corrections, t = found.corrections / STRIDE, t / STRIDE
            if t * float(np.linalg.norm(x - c)) <= allowed:
                break
            continue
        moved = float(np.linalg.norm(found.point - c))
        c, corrections = found.point, found.corrections
        if t == 1.0 or moved <= t * allowed:
            break
        if found.number <= EASY:
            longer = min(1.0, t * STRIDE)
            corrections, t = longer / t * corrections, longer
    return c


def alternate(projections: Sequence[Projection], x: Array, met: Callable[[Array], bool], most: int) -> Array:
    """Project onto the parts in turn until the point is met by all, rests, or the cycles end; the last is met exactly.

    It takes a point that is nearly in all parts into them, and moves it little more than it has to.
    Source: Bregman (1965).
    """
    for _ in range(most):
        if met(x):
            break
        before = x
        for project in projections:
            x = project(x)
        if np.array_equal(before, x):
            break
    return x

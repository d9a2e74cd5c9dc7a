"""Small made-up tables for networks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optlab.core.problem import Array

POINTS = 60
"""How many points where no number is given."""
NOISE = 0.05
"""Standard deviation of what is added to each coordinate."""


def xor(_m: int, _random: np.random.Generator) -> tuple[Array, Array]:
    """Return the four corners of a square (4, 2), and their classes: whether the signs differ."""
    A = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    return A, (A[:, 0] * A[:, 1] < 0).astype(float)


def spirals(m: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Return m points (m, 2) on two spirals, one turn each, in turn, and which spiral they are on.

    Source: Lang & Witbrock (1988), Learning to tell two spirals apart.
    """
    labels = np.arange(m) % 2
    t = np.sqrt((np.arange(m) // 2 + 1.0) / (m // 2 + 1.0))
    angle = 2.0 * np.pi * t + np.pi * labels
    A = np.column_stack([t * np.cos(angle), t * np.sin(angle)])
    return A + NOISE * random.standard_normal(A.shape), labels.astype(float)


def sine(m: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Return m evenly spaced points (m, 1) in [−1, 1] and sin(πa) with noise."""
    A = np.linspace(-1.0, 1.0, m)
    return A[:, None], np.sin(np.pi * A) + NOISE * random.standard_normal(m)


TABLES: dict[str, Callable[[int, np.random.Generator], tuple[Array, Array]]] = {
    "xor": xor,
    "spirals": spirals,
    "sine": sine,
}

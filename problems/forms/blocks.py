"""Long arrays, taken in blocks that stay in the cache.

An expression over an array of 8 MB sends every intermediate result to memory and back, and asks the system for fresh
pages each time; over a block it does neither. At n = 10⁶ that is a factor of three to four.
"""

from __future__ import annotations

from collections.abc import Iterator

BLOCK = 16_384
"""Entries of a block: 128 kB as float64, so that half a dozen intermediate results fit a second-level cache of 1 MB."""


def blocks(count: int, size: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Yield the bounds (lo, hi) of consecutive blocks of 0 … count − 1.

    >>> list(blocks(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    for lo in range(0, count, size):
        yield lo, min(lo + size, count)

"""The heap of our own processes: memory that is freed stays for the next array, and is given back between runs.

By default the C library returns what is freed at the end of the heap to the system at once. Methods that work on long
vectors free as much in an iteration as they ask for, and then pay for fresh pages, in zeros and page faults, again
and again: at n = 10⁶ a quarter of the time of L-BFGS. A process of the user's is left as it is.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's mallopt."""
KEPT = 1 << 30
"""So many bytes that are free at the end of the heap stay with the process."""
LARGEST = (1 << 30, 32 << 20)
"""Arrays above this have a mapping of their own, which goes with them; before its version 2.35 glibc allows 32 MB."""
LIGHT = 128 << 20
"""A process that holds less memory has nothing to give back that would be worth the 0.2 ms."""


@cache
def _library() -> Any:
    """Return the C library where it is glibc; None where it is not."""
    if sys.platform != "linux":
        return None
    import ctypes

    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None


def keep() -> bool:
    """Have this process, and those forked from it, keep what is freed; False where the C library has no such setting.

    For processes of our own alone.
    """
    library = _library()
    if library is None:
        return False
    larger = any(library.mallopt(M_MMAP_THRESHOLD, size) for size in LARGEST)
    return bool(library.mallopt(M_TRIM_THRESHOLD, KEPT)) and larger


def give_back() -> None:
    """Return to the system whatever is free now, so that a run is not weighed with what others before it needed."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)

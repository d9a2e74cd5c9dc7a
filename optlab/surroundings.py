"""What a run of a plug-in shares with its process: set before it where results depend on it, put back afterwards."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from optlab.plugins import beside


@contextmanager
def surroundings(plugins: Set[Path], seed: int) -> Iterator[None]:
    """Hold what surrounds a run that uses these plug-ins; without any, nothing needs to be held.

    A run that draws from the global generators of numpy or of Python repeats by its seed, and may import what lies
    beside its plug-ins. Generators, working folder and filters of warnings are as before afterwards. What else code
    may do to a process is seen by the runs that share it: under the executor local, those of the same plug-ins.
    """
    if not plugins:
        yield
        return
    draws, more_draws, here = np.random.get_state(), random.getstate(), None  # noqa: NPY002
    with suppress(OSError):
        here = Path.cwd()
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)
    try:
        with warnings.catch_warnings(), beside({plugin.parent for plugin in plugins}):
            yield
    finally:
        np.random.set_state(draws)  # noqa: NPY002
        random.setstate(more_draws)
        if here is not None:
            with suppress(OSError):  # it has been removed
                os.chdir(here)

"""What does an iteration of BFGS cost beyond the calls of f and its gradient, with the full trace?

Beside scipy's BFGS without a callback, on Rosenbrock valleys. The limit is the traffic of the inverse Hessian from
where it has to be read: once for the product, once more to be changed, one triangle each.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._harness import Case, Peer, bandwidth
from benchmarks._loops import Race, functions_of

SIZES = ((2, 30, 100, 0.3), (10, 35, 100, 0.3), (100, 60, 20, 0.15), (1000, 30, 1, 0.03))
"""n, iterations, runs per measurement, gate."""
LARGE = 1000


def cases(quick: bool) -> Iterator[Case]:
    """Yield a case per size."""
    for n, iterations, runs, gate in SIZES[:2] if quick else SIZES:
        race = Race(functions_of(n), iterations, 1 if quick else runs)
        peers = {"scipy BFGS": Peer(race.scipy("BFGS"), gate)}
        if n >= LARGE:
            floor = 12.0 * n * n / bandwidth(np.ones(n * n))  # a triangle read; a triangle read and written
            peers["triangles moved"] = Peer(lambda floor=floor: floor, limit=True)  # type: ignore[misc]
        yield Case(f"iteration beyond calls, n = {n}", race.ours("bfgs"), peers, rounds=3 if n >= LARGE else 9)

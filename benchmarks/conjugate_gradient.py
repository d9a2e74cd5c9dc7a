"""What does an iteration of nonlinear conjugate gradients cost beyond the calls of f and its gradient?

Beside scipy's CG without a callback, on Rosenbrock valleys. The limit at large n is a direction's traffic: g, the last
g and d read, d written, at the bandwidth of a dot product.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._harness import Case, Peer, bandwidth
from benchmarks._loops import Race, functions_of

SIZES = ((2, 30, 100, 0.7), (100, 60, 20, 0.7), (1_000_000, 30, 1, 1.0))
"""n, iterations, runs per measurement, gate."""
LARGE = 1000


def cases(quick: bool) -> Iterator[Case]:
    """Yield a case per size."""
    for n, iterations, runs, gate in SIZES[:1] if quick else SIZES:
        race = Race(functions_of(n), iterations, 1 if quick else runs)
        peers = {"scipy CG": Peer(race.scipy("CG"), gate)}
        if n > LARGE:
            arrays = np.ones(4 * n)
            peers["g, g, d, d moved"] = Peer(lambda n=n, a=arrays: 32 * n / bandwidth(a), limit=True)  # type: ignore[misc]
        rounds = 5 if n > LARGE else 9
        yield Case(f"iteration beyond calls, n = {n:,}", race.ours("conjugate_gradient"), peers, rounds=rounds)

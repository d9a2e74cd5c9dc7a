"""What does an iteration of L-BFGS cost beyond the calls of f and its gradient, with the trace?

Beside scipy's L-BFGS-B (C) without a callback and NLopt's (C; per evaluation), all with ten pairs, on Rosenbrock
valleys. The floor is what the two-loop recursion has to read: S and Y twice, 4·m·n·8 bytes, at the bandwidth of a dot
product over an array as large as the pairs, in this process.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._harness import Case, Peer, bandwidth, peer
from benchmarks._loops import Race, functions_of

PAIRS = 10
SIZES = ((2, 30, 100, 9, 1.1), (10_000, 60, 2, 9, 0.4), (100_000, 60, 1, 7, 0.4), (1_000_000, 60, 1, 5, 0.4))
"""n, iterations, runs per measurement, rounds, gate."""
MILLION = 1_000_000
FLOOR_GATE = 2.0


def floor(n: int) -> Peer:
    """Return what reading the pairs takes."""
    pairs = np.ones(2 * PAIRS * n)
    gate = FLOOR_GATE if n == MILLION else None
    return Peer(lambda: 4 * PAIRS * n * 8 / bandwidth(pairs), gate, limit=True)


def cases(quick: bool) -> Iterator[Case]:
    """Yield a case per size."""
    for n, iterations, runs, rounds, gate in SIZES[:1] if quick else SIZES:
        race = Race(functions_of(n), iterations, 1 if quick else runs)
        scipy = race.scipy("L-BFGS-B", ftol=0.0, maxcor=PAIRS, maxfun=10**6)
        peers = {
            "scipy L-BFGS-B": Peer(scipy, gate),
            "NLopt LD_LBFGS": peer("nlopt", race.nlopt("LD_LBFGS", vector_storage=PAIRS)),
        }
        if n > 2:
            peers["pairs read twice"] = floor(n)
        yield Case(f"iteration beyond calls, n = {n:,}", race.ours("lbfgs", m=PAIRS), peers, rounds=rounds)

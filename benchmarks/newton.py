"""What does an iteration of Newton's method and of the exact trust region cost beyond the calls of f, g and H?

Beside scipy's trust-exact without a callback, on Rosenbrock valleys. The limit of a Newton step is its factorization:
one Cholesky solve by LAPACK.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._harness import Case, Peer, cpu
from benchmarks._loops import Race, functions_of

SIZES = ((2, 15, 100, 0.3), (100, 25, 10, 0.7))
"""n, iterations, runs per measurement, gate."""


def cases(quick: bool) -> Iterator[Case]:
    """Yield a case per method and size."""
    from scipy.linalg.lapack import dposv

    for n, iterations, runs, gate in SIZES[:1] if quick else SIZES:
        race = Race(functions_of(n), iterations, 1 if quick else runs)
        A, b = np.eye(n) + 0.5, np.ones(n)
        factorization = Peer(cpu(lambda A=A, b=b: dposv(A, b)), limit=True)  # type: ignore[misc]
        for method in ("newton_damped", "trust_region"):
            peers = {"scipy trust-exact": Peer(race.scipy("trust-exact"), gate), "LAPACK posv": factorization}
            yield Case(f"{method}, iteration beyond calls, n = {n}", race.ours(method), peers)

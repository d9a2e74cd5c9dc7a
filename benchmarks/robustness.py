"""How much of a solver's work is left undone, or done at a greater cost than its namesake's elsewhere?

The least-squares problems of Moré, Garbow & Hillstrom from their standard starts and ten times as far, with equal
budgets, the peers at their tightest tolerances, calls counted by the same oracle. What is compared is 1 less the area
under the performance profile of the pair, over log₂ of the ratio up to 2⁵: 0 for who solves all and is the cheaper
everywhere, 1 for who solves nothing. A run has solved its problem to τ when f − f* ≤ τ (f₀ − f*), at f* known or the
best found. `studies/peers_unconstrained.py` does this for the whole catalogue.

Source: Dolan & Moré (2002), section 2; Moré & Wild (2009), equation 2.2.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import optlab
from benchmarks._harness import Case, Peer
from optlab.kernels.profiles import performance_ratios
from optlab.plots.performance_profile import PerformanceProfile

PAIRS = (
    ("bfgs", "scipy_bfgs"),
    ("lbfgs", "scipy_lbfgsb"),
    ("lbfgs", "nlopt_lbfgs"),
    ("conjugate_gradient", "scipy_cg"),
    ("newton_cg", "scipy_newton_cg"),
    ("trust_region", "scipy_trust_exact"),
    ("trust_region_steihaug", "scipy_trust_ncg"),
    ("levenberg_marquardt", "scipy_least_squares_lm"),
)
TAUS = (1e-5, 1e-8)
WIDEST = 5.0
"""Costs are told apart up to a ratio of 2 to this power."""
QUICK = ("rosenbrock", "beale")


def undone(costs: Any) -> Any:
    """Return 1 less the area under each column's performance profile, (S,), from the costs (P, S)."""
    with np.errstate(divide="ignore"):
        lost = np.minimum(np.log2(performance_ratios(costs)) / WIDEST, 1.0)
    return lost.mean(axis=0)


def cases(quick: bool) -> Iterator[Case]:
    """Run the experiment and yield a case per pair and accuracy."""
    known = optlab.names("optimizers")
    methods = [m for m in dict.fromkeys(sum(PAIRS[:1] if quick else PAIRS, ())) if m in known]
    spec: dict[str, Any] = {
        "name": "robustness",
        "problems": list(QUICK) if quick else [{"suite": "mgh"}],
        "optimizers": methods,
        "starts": {"standard": True, "scaled": [10]},
        "stop": {
            "stationarity": 1e-12,
            "iterations": 20000,
            "evaluations": {"f": 3000, "gradient": 3000, "hessian": 1000, "hvp": 20000, "jacobian": 1000},
        },
        "record": {"trajectory": "none"},
        "columns": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        data = optlab.run(spec, folder=folder, progress=False)
        for tau in TAUS:
            costs = PerformanceProfile(merit="evaluations", tau=tau).costs(data)
            for ours, theirs in PAIRS[:1] if quick else PAIRS:
                both = [name for name in (ours, theirs) if name in known]
                areas = dict(zip(both, undone(costs[both].to_numpy()).tolist(), strict=True))
                peer = Peer(partial(areas.__getitem__, theirs) if theirs in areas else None, 1.0)
                yield Case(
                    f"{ours}: area undone, τ = {tau:.0e}", partial(areas.__getitem__, ours), {theirs: peer}, 1, ""
                )

"""Success is never false: every claim of convergence over the unconstrained catalogue, recomputed.

    python benchmarks/studies/honesty.py [OPTIMIZER …]

Standard starts × 1, 10 and 100, f × 10⁻⁸, 1 and 10⁸, n ≤ 100. A claim is false where ‖∇f‖∞, computed anew, exceeds
the tolerance at the problem's scale. Claims that end well above f* are listed with what the facts say of other critical
points there.
"""

from __future__ import annotations

import sys

import numpy as np

import optlab
from optlab.core.driver import Loop, run
from optlab.core.problem import ProblemBase
from optlab.core.trace import Keep
from optlab.registry import Catalogue

METHODS = ("bfgs", "lbfgs", "conjugate_gradient", "trust_region", "newton_damped", "newton_cg", "levenberg_marquardt",
           "barzilai_borwein")  # fmt: skip
STARTS, FACTORS = (1.0, 10.0, 100.0), (1e-8, 1.0, 1e8)
MOST, TOLERANCE, ABOVE = 100, 1e-8, 1e-6
STOP = optlab.stop.Stationary(rtol=TOLERANCE) | optlab.stop.Iterations(400) | optlab.stop.Evaluations(f=1500)


def variants(name: str) -> list[tuple[str, ProblemBase, ProblemBase]]:
    """Return (words, the problem, the same from its standard start) for every start and factor."""
    found = []
    for start in STARTS:
        for factor in FACTORS:
            scaling = [{"name": "value_scaling", "factor": factor}]
            chain = [{"name": "scaled_start", "factor": start}, *scaling] if start != 1 else scaling
            made = [Catalogue().make("problems", {"name": name, "transforms": c}) for c in (chain, scaling)]
            found.append((f"start × {start:g}, f × {factor:g}", *made))
    return found


def main(*methods: str) -> None:
    """Run everything and print what is false, and what ends above f*."""
    claims, false = 0, 0
    above: dict[str, list[str]] = {}
    for name in optlab.names("problems"):
        problem = optlab.problem(name)
        if problem.constrained or problem.n > MOST or {"nonsmooth", "unbounded"} & set(problem.tags):
            continue
        for words, task, standard in variants(name):
            for method in methods or METHODS:
                made = optlab.optimizer(method)
                if any(task.lacks(need) for need in made.needs):
                    continue
                with np.errstate(all="ignore"):
                    trace = run(Loop(task, made, stop=STOP), Keep("every", stride=10**9))
                    if trace.status is not optlab.Status.CONVERGED:
                        continue
                    claims += 1
                    x, begin = trace.points[-1], standard.start()
                    scale = standard.known.scale or float(np.abs(standard.gradient(begin)).max())
                    slope = float(np.abs(task.gradient(x)).max())
                    if not slope <= TOLERANCE * scale * (1 + 1e-9):
                        false += 1
                        print(
                            f"FALSE: {method} on {name}, {words}: ‖∇f‖∞ = {slope:.2e}, allowed {TOLERANCE * scale:.2e}"
                        )
                    least = standard.known.optimum
                    if least is not None and task.value(x) - least > ABOVE * (standard.value(begin) - least):
                        above.setdefault(name, []).append(method)
    print(f"{claims} claims of convergence, {false} false")
    for name, those in above.items():
        known = optlab.problem(name).known
        listed = ", ".join(f"{len(points)} {kind}" for kind, points in known.critical_points.items())
        print(
            f"above f*: {name} ({len(those)} runs); facts: {listed or 'none listed'}; {known.note or 'no note'}"[:200]
        )
    if false:
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])

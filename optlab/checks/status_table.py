"""The page docs/statuses.md: what each optimizer says where arithmetic or the problem is against it.

``python -m optlab.checks.status_table > docs/statuses.md`` writes it anew; a test compares it row by row.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from optlab.checks.hard_probes import Flat, Saddle, Slope, Spectrum, Wide
from optlab.checks.probes import Bowl, Valley, Wall, bowls
from optlab.checks.spy import Spy
from optlab.checks.sum_probes import Fit, FitValley, sums
from optlab.core.driver import Loop, iterate, run
from optlab.core.endings import lacking
from optlab.core.optimizer import Optimizer
from optlab.core.problem import ProblemBase
from optlab.core.status import Status
from optlab.core.stop import Evaluations, Iterations, Stationary, Stop
from optlab.registry import Catalogue
from optlab.transforms.value_scaling import ValueScaling

STOP = Stationary() | Iterations(500)
NOISY = Iterations(50)
BRIEF = Stationary() | Iterations(5) | Evaluations(f=50)
NEAR = 1e-6
NONE = "–"
AT_SOLUTION = "at x*"


def usual() -> Iterator[ProblemBase]:
    """Yield Rosenbrock's valley, and for whoever it does not fit, by its residuals; then bowls of other kinds."""
    yield Valley()
    yield FitValley()
    yield from bowls(3).values()
    yield from sums(3).values()


def scaled(factor: float, offset: float = 0.0) -> Callable[[], Iterator[ProblemBase]]:
    """Return the usual problems as f · factor + offset."""
    return lambda: (ValueScaling(factor, offset).apply(problem) for problem in usual())


SITUATIONS: dict[str, Callable[[], Iterator[ProblemBase]]] = {
    "exact saddle": lambda: iter([Saddle()]),
    "NaN wall": lambda: iter([Wall(), Wall(bounds=(-1.0, 20.0))]),
    "f + 1e8": scaled(1.0, 1e8),
    "f × 2^60": scaled(2.0**60),
    "f × 2^−60": scaled(2.0**-60),
    AT_SOLUTION: usual,
    "flat f": lambda: iter([Flat()]),
    "unbounded f": lambda: iter([Slope()]),
    "−∇f for ∇f": lambda: iter([Spy(Bowl(3), sign=-1.0), Spy(Fit(3), sign=-1.0)]),
    "n = 1": lambda: iter([*bowls(1).values(), *sums(1).values()]),
    "n = 10⁶": lambda: iter([Wide()]),
}
"""Problems, of which the first that fits a method is taken."""

HEAD = """# What the optimizers say

The status of each optimizer, with its default settings, in eleven situations that are hard in one way each. Written by
`python -m optlab.checks.status_table`; `tests/test_battery.py` compares every row of optlab's own methods.

* **exact saddle**: ½a² − ½b² + ¼b⁴ from (1.7, 0), on the stable manifold of the saddle at 0. CONVERGED is true
  there too, since the gradient is zero; "(saddle)" is added to it.
* **NaN wall**: Σ (x − log x), NaN outside x > 0, from (0.05, 12).
* **f + 1e8**, **f × 2^±60**: Rosenbrock's valley from (−1.2, 1), with an offset that eats eight digits, in other units;
  for methods that need a set, a linear model or samples, a bowl of that kind.
* **at x\\***: the start is the solution. **flat f**: a constant. **unbounded f**: −a − 2b.
* **−∇f for ∇f**: a bowl whose gradient has the wrong sign.
* **n = 1**: a parabola. **n = 10⁶**: a million variables, five iterations and 50 evaluations at most, for methods whose
  memory is no matrix.

The limit is 500 iterations (50 where gradients are sampled); "–" stands where a method does not fit the problem,
sees only f, or needs a matrix. Methods of optional packages are left out. The rows of foreign solvers are as found:
they may change with the package's version, and some read memory that nobody set (scipy_trust_krylov on a linear f).
"""


def optimizers(catalogue: Catalogue) -> list[str]:
    """Return the names with a row: every optimizer that the core's own requirements run."""
    return [name for name in catalogue.names("optimizers")
            if not getattr(catalogue.find("optimizers", name), "package", "")]  # fmt: skip


def status(optimizer: Optimizer, situation: str) -> str:
    """Return what the method says in a situation, or NONE where it does not apply."""
    problem = next((p for p in SITUATIONS[situation]() if not lacking(p, optimizer)), None)
    stop: Stop = STOP if optimizer.exact else NOISY
    if problem is None:
        return NONE
    start = problem.known.solution if situation == AT_SOLUTION else None
    if "derivative_free" in optimizer.properties and isinstance(problem, Spy):
        return NONE
    if isinstance(problem, Wide):
        if "foreign" in optimizer.properties or keeps_a_matrix(optimizer):
            return NONE
        stop = BRIEF
    trace = run(Loop(problem, optimizer, start=start, stop=stop))
    at_saddle = isinstance(problem, Saddle) and abs(trace.points[-1][1]) < NEAR
    return trace.status.name + (" (saddle)" if trace.status is Status.CONVERGED and at_saddle else "")


def keeps_a_matrix(optimizer: Optimizer) -> bool:
    """Whether the method asks for a matrix, or its state grows with n²: looked at after three steps."""
    if {"hessian", "lagrangian_hessian", "jacobian"}.intersection(optimizer.needs):
        return True
    n = 300
    problem = Spectrum(tuple(np.linspace(1.0, 10.0, n).tolist()), (1.0,) * n, None)
    *_, last = iterate(problem, optimizer, stop=Iterations(3))
    return len(pickle.dumps(last.state)) > 4 * n * n


def row(catalogue: Catalogue, name: str) -> str:
    """Return the row of an optimizer, as Markdown."""
    optimizer = catalogue.make("optimizers", name)
    return " | ".join(["", name, *(status(optimizer, situation) for situation in SITUATIONS), ""]).strip()


def page(catalogue: Catalogue, rows: Iterable[str] | None = None) -> str:
    """Return the page, as Markdown."""
    names = ("optimizer", *SITUATIONS)
    found = [row(catalogue, name) for name in optimizers(catalogue)] if rows is None else rows
    table = [" | ".join(["", *names, ""]).strip(), "|" + "---|" * len(names), *found]
    return HEAD + "\n" + "\n".join(table) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page(Catalogue()))

"""Further checks of the contract: clocks, observers, waste, and what a record says of its step."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from optlab.checks.optimizer_case import SHORT, OptimizerCase, prints
from optlab.checks.report import require
from optlab.checks.spy import Spy
from optlab.checks.tags import misspelled
from optlab.core.driver import Loop, run
from optlab.core.problem import Array
from optlab.core.record import Record
from optlab.core.status import Status
from optlab.core.stop import Evaluations, Iterations, Seconds, Stationary

LEADS = 1e-13
"""How far, relative to |x|, x + step_size · direction may be from the next x."""


def tags_are_known(case: OptimizerCase) -> str:
    """Check that no tag is misspelled: a tag that no check knows claims nothing."""
    wrong = misspelled(case.optimizer.properties)
    require(not wrong, wrong)
    return ", ".join(sorted(case.tags))


def no_time_is_a_timeout(case: OptimizerCase) -> str:
    """Check that Seconds(0) ends a run at its start, and that a budget of one f ends it before the second."""
    for name, problem in case.probes.items():
        trace = case.trace(problem, Seconds(0))
        require(
            trace.status is Status.TIMEOUT and len(trace) == 1, f"{name}: {trace.status.name}, {len(trace)} records"
        )
        trace = case.trace(problem, Evaluations(f=1) | Iterations(50))  # who sees samples evaluates no f
        counted = trace.scalars["n_f"][-1] if len(trace) else 1
        require(counted <= 1 and trace.status is not Status.ERROR, f"{name}: {counted} f, {trace.status.name}")
    return ""


def watching_changes_nothing(case: OptimizerCase) -> str:
    """Check that a callback that looks at every record leaves iterates and counts as they are."""
    for name, problem in case.probes.items():
        alone = case.records(problem)
        seen: list[Record] = []
        run(Loop(problem, case.optimizer, stop=SHORT), callback=seen.append)
        plain = prints(alone[: len(seen)])
        require([p[:-1] for p in prints(seen)] == [p[:-1] for p in plain], f"{name}: watched, the run is another one")
    return ""


def nothing_is_evaluated_twice_in_a_row(case: OptimizerCase) -> str:
    """Check that f and ∇f are never asked for again at the point that was evaluated last."""
    case.own_loop()
    for name, problem in case.probes.items():
        asked: dict[str, list[bytes]] = {"f": [], "gradient": []}

        def note(what: str, x: Array, asked: dict[str, list[bytes]] = asked) -> None:
            if what in asked:
                asked[what].append(x.tobytes())

        case.trace(Spy(problem, note), Stationary(rtol=1e-6) | Iterations(12))
        for what, points in asked.items():
            again = [i for i, (a, b) in enumerate(pairwise(points)) if a == b]
            require(not again, f"{name}: {what} evaluations {again[:1]} and the next one are at the same point")
    return ""


def step_and_direction_lead_to_the_next_iterate(case: OptimizerCase) -> str:
    """Check x + step_size · direction, wherever both are recorded."""
    compared = 0
    for name, problem in case.probes.items():
        for old, new in pairwise(case.records(problem)):
            d, alpha = new.state.direction, new.state.step_size
            if new.k == old.k or d is None or not np.isfinite(alpha):
                continue
            scale = np.abs(old.x).max() + np.abs(new.x).max()
            error = float(np.abs(old.x + alpha * d - new.x).max())
            require(
                error <= LEADS * scale, f"{name}: at iteration {new.k}, x + step_size · direction is {error:.1e} off"
            )
            compared += 1
    return f"{compared} steps"


CONTRACT_CHECKS = (
    tags_are_known,
    no_time_is_a_timeout,
    watching_changes_nothing,
    nothing_is_evaluated_twice_in_a_row,
    step_and_direction_lead_to_the_next_iterate,
)

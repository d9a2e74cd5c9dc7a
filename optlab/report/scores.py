"""Who solved how much at which cost: the tables by method and by problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from optlab.core.status import Status
from optlab.plots._benchmark import INSTANCE
from optlab.plots.efforts import SHORT
from optlab.plots.series import GOOD, LIMITS
from optlab.plots.summary import Summary
from optlab.report.markup import listed
from optlab.report.standing import RULE, Standing, typical

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MOST_METHODS = 60
"""Longer rankings are cut, and say so."""
COST = SHORT[RULE.merit]


def ranking(standing: Standing, runs: pd.DataFrame) -> Summary:
    """Return a row per method, the first first."""
    import pandas as pd

    order, ratios = standing.order, standing.ratios
    column = {str(line): j for j, line in enumerate(standing.costs.columns)}
    other = runs[elsewhere(standing, runs)]["line"].value_counts()
    enough = standing.costs.index.get_level_values("panel").nunique() >= RULE.fewest
    rows: list[dict[str, Any]] = []
    for line in order[:MOST_METHODS]:
        own, of = ratios[:, column[line]], runs[runs["line"] == line]["status"]
        share, low, high, _ = standing.lead(order[0], line) if line != order[0] else (np.nan,) * 3 + (False,)
        rows.append({
            "method": line,
            "solved": int(np.isfinite(own).sum()),
            "of": int(standing.fits[line].sum()),
            "cheapest on": int((own == 1.0).sum()),
            "typical cost": typical(own),
            "first is cheaper, %": 100 * share,
            "interval": f"{100 * low:.0f}–{100 * high:.0f}" if np.isfinite(low) and enough else "",
            "converged": int(of.isin(GOOD).sum()),
            "elsewhere": int(other.get(line, 0)),
            "out of budget": int(of.isin(LIMITS).sum()),
            "broke down": int((~of.isin([*GOOD, *LIMITS, Status.SKIPPED.name])).sum()),
            "does not fit": int((of == Status.SKIPPED.name).sum()),
        })  # fmt: skip
    frame = pd.DataFrame(rows)
    if len(order) == 1:
        frame = frame.drop(columns=["cheapest on", "typical cost", "first is cheaper, %", "interval"])
    cut = f" The first {MOST_METHODS} of {len(order)}." if len(order) > MOST_METHODS else ""
    return Summary(frame, _RANKING + cut)


_RANKING = (
    f"Solved: f − f* ≤ {RULE.tau:g} |f(x₀) − f*| at a feasible point; of the cases that the method fits, a case being "
    f"a problem from one start with one seed. Cost is counted in {COST}; the typical cost is the median, over what it "
    "solved, of its cost over the cheapest method's. How often the first is cheaper, of the cases that one of the two "
    f"solves (ties count half), with the {100 * RULE.confidence:g} % interval over problems where there are enough. "
    "Elsewhere: converged, but not to the minimum."
)


def elsewhere(standing: Standing, runs: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which runs converged without solving their case, (R,); `runs` has the columns `panel` and `line`."""
    cost = standing.costs.stack().to_dict()
    keys = zip(
        *(runs[name].astype(str) if name in runs else [""] * len(runs) for name in (*INSTANCE, "line")), strict=True
    )
    unsolved = np.array([np.isinf(cost.get(key, 0.0)) for key in keys], dtype=bool)
    return np.asarray(unsolved & (runs["status"] == Status.CONVERGED.name).to_numpy())


class Place(NamedTuple):
    """Methods that share a place on a problem: how many of its cases they solved, at which median cost."""

    lines: list[str]
    solved: int
    cost: float


def by_problem(standing: Standing) -> Summary:
    """Return a row per problem: its minimum, who solved it, who was cheapest and by how much, who did not solve it."""
    import pandas as pd

    rows = []
    for panel, costs in standing.costs.groupby(level="panel", sort=False):
        least, fits = standing.minima.get(str(panel)), standing.fits.loc[costs.index]
        if least is None:  # nothing ran on it
            continue
        places = _places(costs)
        first = places[0] if places else Place(["nobody"], 0, np.nan)
        second = places[1] if len(places) > 1 else Place([], 0, np.nan)
        even = second.solved == first.solved
        rows.append({
            "problem": panel, "first": listed(first.lines, 2), "cost": first.cost,
            "next": listed(second.lines, 2) + ("" if even or not second.lines else f", {second.solved} solved"),
            "times": second.cost / first.cost if even else np.nan,
            "solved": int(np.isfinite(costs.to_numpy()).sum()), "of": int(fits.to_numpy().sum()),
            "minimum": least.value, "best found": least.found, "how that is known": least.how, "n": least.n,
            "unsolved by": listed(_missed(costs, fits)),
        })  # fmt: skip
    columns = ["problem", "first", "cost", "next", "times", "solved", "of", "minimum", "best found",
               "how that is known", "n", "unsolved by"]  # fmt: skip
    return Summary(pd.DataFrame(rows, columns=columns), _PROBLEMS)


_PROBLEMS = (
    "Of the runs on a problem, how many reached its minimum; first is who solved the most of its cases, among equals "
    f"at the least median cost, in {COST}; next is the runner-up, at so many times that cost where it solved as many; "
    "a number behind a method is how many of its cases it did not solve."
)


def _places(costs: pd.DataFrame) -> list[Place]:
    """The methods that solved something of a problem, best first."""
    scores: dict[tuple[int, float], list[str]] = {}
    for line in costs.columns:
        own = costs[line].to_numpy()
        if solved := int(np.isfinite(own).sum()):
            scores.setdefault((-solved, typical(own)), []).append(str(line))
    return [Place(lines, -key[0], key[1]) for key, lines in sorted(scores.items())]


def _missed(costs: pd.DataFrame, fits: pd.DataFrame) -> list[str]:
    """The methods that did not solve every case of a problem that they fit, with how many they missed."""
    said = []
    for line in costs.columns:
        cases = int(fits[line].sum())
        missed = cases - int(np.isfinite(costs[line]).sum())
        if missed:
            said.append(f"{line}: {missed}" if cases > 1 else str(line))
    return said

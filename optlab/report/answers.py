"""Which method won, by how much, how sure that is, what nobody solved: in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optlab.core.status import Status
from optlab.plots.series import GOOD
from optlab.report.markup import listed
from optlab.report.scores import COST, MOST_METHODS, elsewhere
from optlab.report.standing import RULE, Standing

if TYPE_CHECKING:
    import pandas as pd


def sentences(standing: Standing, runs: pd.DataFrame) -> list[str]:
    """Return the answers in words; `runs` has the columns `panel` and `line`."""
    parts = [*_winner(standing), *_minima(standing, runs), *_shortfall(standing, runs)]
    parts += [f"Nothing can be said of {panel}: {why}." for panel, why in standing.unjudged.items()]
    return parts


def _winner(standing: Standing) -> list[str]:
    costs, order = standing.costs, standing.order
    solved = np.isfinite(costs).sum(axis=0)
    cases = _count(len(costs), "case")
    if costs.empty:
        return []
    if not standing.fits.to_numpy().any():
        return [f"No method fits {'the problem' if len(costs) == 1 else f'any of {cases}'}: nothing was run."]
    if len(order) == 1:
        return [f"{order[0]} solved {solved[order[0]]} of {cases}."]
    best = order[0]
    if not solved[best]:
        return [f"None of {len(order)} methods solved any of {cases}."]
    equal = [line for line in order[1:] if solved[line] == solved[best]]
    text = f"{best} is first of {len(order)} methods: it solved {solved[best]} of {cases}"
    text += f" (it fits {fits})" if (fits := int(standing.fits[best].sum())) < len(costs) else ""
    text += f", as many as {listed(equal)}, at the least typical cost" if equal else ""
    rest = order[1 + len(equal) :]
    text += f"; next is {rest[0]} with {solved[rest[0]]}" if rest and not equal else ""
    text += f"; last is {rest[-1]} with {solved[rest[-1]]}" if len(rest) > (not equal) else ""
    return [text + ".", _cheapest(standing), *_lead(standing, order)]


def _cheapest(standing: Standing) -> str:
    """Who is cheapest most often."""
    first = dict(zip(standing.costs.columns, (standing.ratios == 1.0).sum(axis=0), strict=True))
    most = max(first.values())
    names = [str(line) for line in standing.costs.columns if first[line] == most]
    return f"Cheapest most often, counted in {COST}: {listed(names)}, on {most} of {len(standing.costs)}."


def _lead(standing: Standing, order: list[str]) -> list[str]:
    """By how much the first is cheaper than the second, and over whom that is sure."""
    best, second = order[:2]
    parts = []
    factor = standing.factor(second, best)
    if np.isfinite(factor):
        parts.append(f"Where both solve, {second} costs {factor:.3g} times as much as {best} in the median.")
    problems = standing.costs.index.get_level_values("panel").nunique()
    if problems < RULE.fewest:
        number = _count(problems, "problem")
        return [*parts, f"{number} cannot tell a lead from luck; it takes {RULE.fewest} that decide."]
    sure = [line for line in order[1:MOST_METHODS] if standing.lead(best, line)[3]]
    doubt = [line for line in order[1:MOST_METHODS] if line not in sure]
    level = f"{100 * RULE.confidence:g} %"
    if sure:
        text = (
            f"That {best} is cheaper, case by case, is sure ({level} interval over problems) against {listed(sure, 10)}"
        )
        parts.append(text + (f"; not against {listed(doubt, 10)}." if doubt else "."))
    else:
        parts.append(
            f"Case by case, {best} is surely cheaper ({level} interval over problems) than none of the others."
        )
    return parts


def _minima(standing: Standing, runs: pd.DataFrame) -> list[str]:
    """How the minima are known, and what that is worth."""
    minima = standing.minima
    proven = [panel for panel, least in minima.items() if least.proven]
    published = [panel for panel, least in minima.items() if least.published]
    rest = [panel for panel in minima if panel not in {*proven, *published}]
    unknown = [panel for panel in rest if np.isfinite(minima[panel].value)]
    nothing = [panel for panel in rest if panel not in unknown]
    if not minima:
        return []
    if len(proven) == len(minima):
        return [f"The minimum of {'the problem' if len(minima) == 1 else f'all {len(minima)} problems'} is known."]
    parts = [f"The minimum is known, and proven, for {len(proven)} of {_count(len(minima), 'problem')}"]
    parts += [f"for {listed(published)} it is the best value known before, not proven"] if published else []
    parts += [f"for {listed(unknown)} it is the best found here, not proven"] if unknown else []
    parts += [f"for {listed(nothing)} none is known and none was found"] if nothing else []
    there = set(runs.loc[runs["status"].isin(GOOD), "panel"])
    poor = [panel for panel in unknown if panel not in there]
    said = f"On {listed(poor)} no run converged: solved means there as good as the best point that any run reached."
    return ["; ".join(parts) + ".", *([said] if poor else [])]


def _shortfall(standing: Standing, runs: pd.DataFrame) -> list[str]:
    """What was solved by nobody, what ended where, what converged to something else."""
    costs = standing.costs
    parts = []
    nobody = costs.index[~np.isfinite(costs.to_numpy()).any(axis=1)]
    if len(nobody) and len(costs.columns) > 1 and standing.fits.to_numpy().any():
        panels = list(dict.fromkeys(nobody.get_level_values("panel")))
        parts.append(f"Nobody solved {_count(len(nobody), 'case')}, of {listed(panels)}.")
    short = runs[~runs["status"].isin([*GOOD, Status.SKIPPED.name])]
    if len(short):
        counts = ", ".join(f"{count} {status}" for status, count in short["status"].value_counts().items())
        parts.append(f"{_count(len(short), 'run')} ended short of convergence: {counts}.")
    other = int(elsewhere(standing, runs).sum())
    if other:
        parts.append(
            f"{_count(other, 'run')} converged, but not to the minimum: to another critical point, or to a value "
            f"that is more than {RULE.tau:g} of the way from it."
        )
    return parts


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"

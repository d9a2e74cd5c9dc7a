"""Expectations: executable claims about an experiment's tables, stated in its YAML and checked after the run.

    expect:
      - {runs: {label: BFGS}, column: status, all: CONVERGED}
      - says: Newton needs at most half the iterations of gradient descent.
        runs: {label: Newton, problem: rosenbrock}
        column: iterations
        max: {"<=": {min: iterations, runs: {label: GD, problem: rosenbrock}, times: 0.5}}
      - {runs: {label: GD}, column: iterations, against: problem.condition, slope: {near: [1, 0.2]}}
      - {runs: {label: GD}, rows: {k: {">=": 1}}, column: step_size, all: {near: [0.1, 1.0e-12]}}

`runs` filters the runs table and `rows` the iterations table. A filter, like a condition, is a value, a list of
allowed values, or {op: value}. The column is looked up among the runs, then among the iterations; with `rows`, `at`,
`first` or `last` among the iterations first. Numbers are equal to 12 digits. NaN never meets a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any, Protocol

from optlab.config.claim_words import condition_words, in_words, operand_words, plain_words
from optlab.config.claims import Comparison, Expectation, Reference, Selection
from optlab.config.wording import shown
from optlab.core.status import nearest

if TYPE_CHECKING:
    import pandas as pd

RTOL = 1e-12
"""Two numbers are equal when they differ by at most this, relative to the larger."""
EVERY = ("all", "any", "first", "last")
EXAMPLES = 3
"""How many offending values, or kinds of values, a verdict names."""


class Tables(Protocol):
    """What is read: the two tables of `optlab.load(folder)`."""

    @property
    def runs(self) -> pd.DataFrame:
        """A row per run."""
        ...

    @property
    def iterations(self) -> pd.DataFrame:
        """A row per run and iteration."""
        ...


@dataclass(frozen=True)
class Verdict:
    """What became of one expectation: the claim in words, whether it is met, and what was seen."""

    claim: str
    met: bool
    seen: str


class _UnmetError(Exception):
    """The selection holds nothing to judge; the text says why."""


def evaluate(expectations: Iterable[Expectation], results: Tables) -> list[Verdict]:
    """Judge every expectation; whatever cannot be judged is unmet and says why."""
    return [_judge(expectation, results) for expectation in expectations]


def _judge(expectation: Expectation, tables: Tables) -> Verdict:
    name, condition = expectation.aggregate
    claim = expectation.says or in_words(expectation)
    try:
        test, compared = _test(condition, tables), _compared(condition, tables)
        column = expectation.column or "run"
        if name not in EVERY:
            value = _statistic(name, column, expectation, tables)
            return Verdict(claim, test(value), f"{name} {column} = {value:.6g}{compared}")
        rows = _select(expectation, column, tables, name)
        if rows.empty:
            return Verdict(claim, False, "no iteration of these runs is selected")
    except _UnmetError as why:
        return Verdict(claim, False, str(why))
    met = [test(value) for value in rows["value"]]
    if any(met) if name == "any" else all(met):
        return Verdict(claim, True, _summary(rows["value"]) + compared)
    wrong = rows[[not m for m in met]]
    examples = "; ".join(_example(row) for row in wrong.head(EXAMPLES).to_dict("records"))
    more = "; …" if len(wrong) > EXAMPLES else ""
    return Verdict(claim, False, f"{len(wrong)} of {len(rows)} do not meet it: {examples}{more}{compared}")


def _select(selection: Selection, column: str, tables: Tables, aggregate: str) -> pd.DataFrame:
    """Return the selected values: run, label, problem, value; k and `against` where there are any."""
    runs = _filtered(tables.runs, selection.runs, "runs")
    if runs.empty and aggregate != "count":
        wanted = ", ".join(f"{key} {condition_words(c)}" for key, c in selection.runs.items())
        msg = f"no run has {wanted}" if wanted else "there are no runs"
        raise _UnmetError(msg)
    at: Any = aggregate if aggregate in ("first", "last") else selection.at
    per_iteration = column not in runs or ((selection.rows or at != "all") and column in tables.iterations)
    if not per_iteration:
        frame = runs[["run", "label", "problem"]].assign(value=runs[column])
    else:
        table = tables.iterations
        if column not in table:
            msg = f"the tables have no column {column!r}{nearest(column, [*runs.columns, *table.columns])}"
            raise _UnmetError(msg)
        chosen = _filtered(table[table["run"].isin(runs["run"])], selection.rows, "iterations")
        if at != "all":
            chosen = chosen.drop_duplicates("run", keep=at)
        frame = chosen[["run", "k"]].assign(value=chosen[column])
        for name in ("label", "problem"):
            frame[name] = frame["run"].map(runs.set_index("run")[name])
        if selection.against in table:
            frame["against"] = chosen[selection.against]
    if selection.against is not None and "against" not in frame:
        if selection.against not in runs:
            msg = f"the tables have no column {selection.against!r}{nearest(selection.against, runs.columns)}"
            raise _UnmetError(msg)
        frame["against"] = frame["run"].map(runs.set_index("run")[selection.against])
    return frame


def _filtered(table: pd.DataFrame, filters: dict[str, Any], what: str) -> pd.DataFrame:
    for column, wanted in filters.items():
        if column not in table:
            msg = f"the {what} table has no column {column!r}{nearest(column, table.columns)}"
            raise _UnmetError(msg)
        test = _test(wanted, None)
        table = table.iloc[[i for i, value in enumerate(table[column]) if test(value)]]
    return table


def _statistic(name: str, column: str, selection: Selection, tables: Tables) -> float:
    import numpy as np

    rows = _select(selection, column, tables, name)
    if name == "count":
        return len(rows)
    if rows.empty:
        msg = "no iteration of these runs is selected"
        raise _UnmetError(msg)
    values = _numbers(rows["value"], column, name)
    if name != "slope":
        return float(getattr(np, name)(values))
    against = _numbers(rows["against"], str(selection.against), name)
    positive = (values > 0) & (against > 0)
    if not positive.all() or len(set(against.tolist())) <= 1:
        msg = f"a log-log slope needs positive values of {column} at two or more values of {selection.against}"
        raise _UnmetError(msg)
    return float(np.polyfit(np.log(against), np.log(values), 1)[0])


def _numbers(values: pd.Series[Any], column: str, name: str) -> Any:
    numbers = [_as_number(v) for v in values]
    if any(n is None for n in numbers):
        example = next(v for v, n in zip(values, numbers, strict=True) if n is None)
        msg = f"{name} needs numbers, but {column} holds {shown(example)}"
        raise _UnmetError(msg)
    import numpy as np

    return np.array(numbers, dtype=float)


# --- conditions ---------------------------------------------------------------------------------


def _test(condition: Any, tables: Tables | None) -> Callable[[Any], bool]:
    """Return the function that says whether a value meets a literal, one of a list, or a Comparison."""
    if isinstance(condition, list):
        return lambda value: any(equal(value, choice) for choice in condition)
    if not isinstance(condition, Comparison):
        return lambda value: equal(value, condition)
    parts = [(operator, _amount(operand, tables)) for operator, operand in condition.parts()]
    return lambda value: all(_holds(value, operator, operand) for operator, operand in parts)


def _amount(operand: Any, tables: Tables | None) -> Any:
    if isinstance(operand, list):
        return [_amount(part, tables) for part in operand]
    if not isinstance(operand, Reference):
        return operand
    if tables is None:
        msg = "a filter compares with plain values"
        raise _UnmetError(msg)
    name, column = operand.statistic
    return operand.times * _statistic(name, column, operand, tables)


def _holds(value: Any, operator: str, operand: Any) -> bool:
    if operator == "==":
        return equal(value, operand)
    if operator == "!=":
        return not _missing(value) and not equal(value, operand)
    number = _as_number(value)
    if number is None:
        return False
    if operator == "near":
        return bool(abs(number - operand[0]) <= operand[1])
    if operator in ("<", "<="):
        return bool(number < operand or (operator == "<=" and number == operand))
    return bool(number > operand or (operator == ">=" and number == operand))


def equal(value: Any, wanted: Any) -> bool:
    """Whether a table's value is the one that was asked for; numbers to `RTOL`, null where it is missing."""
    if wanted is None:
        return _missing(value)
    if isinstance(wanted, (bool, str)):
        return bool(value == wanted)
    number = _as_number(value)
    return number is not None and (number == wanted or abs(number - wanted) <= RTOL * max(abs(number), abs(wanted)))


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and isnan(value))


def _as_number(value: Any) -> float | None:
    """Return a number, also one that a column of mixed values holds as text; None for anything else."""
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


# --- what was seen ------------------------------------------------------------------------------


def _compared(condition: Any, tables: Tables) -> str:
    """Return what the other side of a comparison came to, where that is not in the claim itself."""
    if not isinstance(condition, Comparison):
        return ""
    sides = [p for _, o in condition.parts() for p in (o if isinstance(o, list) else [o]) if isinstance(p, Reference)]
    return "".join(f"; {operand_words(side)} = {_amount(side, tables):.6g}" for side in sides)


def _summary(values: pd.Series[Any]) -> str:
    kinds = values.value_counts(dropna=False)
    if len(kinds) <= EXAMPLES:
        return ", ".join(f"{plain_words(value)} ({count}×)" for value, count in kinds.items())
    if all(_as_number(value) is not None for value in kinds.index):
        return f"{len(values)} values from {plain_words(values.min())} to {plain_words(values.max())}"
    return f"{len(values)} values of {len(kinds)} kinds"


def _example(row: Mapping[Any, Any]) -> str:
    where = f"{row['label']} on {row['problem']}" + (f", k = {row['k']}" if "k" in row else "")
    return f"{plain_words(row['value'])} ({where})"

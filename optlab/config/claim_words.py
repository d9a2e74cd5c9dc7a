"""Claims in words, for verdicts and for expectations without a sentence of their own."""

from __future__ import annotations

from typing import Any

from optlab.config.claims import Comparison, Expectation, Reference
from optlab.config.wording import shown


def in_words(expectation: Expectation) -> str:
    """Return a claim in words, for one that has no `says`."""
    name, condition = expectation.aggregate
    column = expectation.column or "runs"
    against = f" against {expectation.against}" if expectation.against else ""
    where = [f"{key} {condition_words(c)}" for key, c in (expectation.runs | expectation.rows).items()]
    where += [f"at the {expectation.at} iteration"] if expectation.at != "all" else []
    return f"{name} {column}{against} {condition_words(condition)}" + (f" where {', '.join(where)}" if where else "")


def condition_words(condition: Any) -> str:
    """Return a condition or filter in words, to follow the name of a column."""
    if isinstance(condition, list):
        return "in " + ", ".join(plain_words(c) for c in condition)
    if not isinstance(condition, Comparison):
        return f"= {plain_words(condition)}"
    words = []
    for operator, operand in condition.parts():
        if operator == "near":
            words.append(f"= {operand_words(operand[0])} ± {operand_words(operand[1])}")
        else:
            words.append(f"{operator} {operand_words(operand)}")
    return " and ".join(words)


def operand_words(operand: Any) -> str:
    """Return the other side of a comparison in words."""
    if not isinstance(operand, Reference):
        return plain_words(operand)
    name, column = operand.statistic
    where = ", ".join(f"{key} {condition_words(c)}" for key, c in (operand.runs | operand.rows).items())
    factor = "" if operand.times == 1 else f"{operand.times:g} × "
    return f"{factor}{name} {column}" + (f" ({where})" if where else "")


def plain_words(value: Any) -> str:
    """Return one value, numbers to six digits."""
    return (
        f"{value:.6g}"
        if isinstance(value, float)
        else shown(value)
        if value is None or isinstance(value, bool)
        else str(value)
    )

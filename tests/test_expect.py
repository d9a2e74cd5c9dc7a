"""Expectations against hand-made tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from optlab.config.claims import Expectation, columns_named
from optlab.expect import Verdict, evaluate

NAN = float("nan")


@dataclass
class Tables:
    runs: pd.DataFrame
    iterations: pd.DataFrame


def tables() -> Tables:
    runs = pd.DataFrame({
        "run": ["a", "b", "c", "d"],
        "label": ["GD", "GD", "BFGS", "BFGS"],
        "problem": ["quadratic"] * 4,
        "problem.condition": [10.0, 1000.0, 10.0, 1000.0],
        "optimizer.step_size": [0.1, 0.1 * (1 + 1e-13), NAN, NAN],
        "optimizer.search": [None, None, "exact", "0.5"],
        "status": ["CONVERGED", "MAX_ITERATIONS", "CONVERGED", "CONVERGED"],
        "iterations": [30, 3000, 6, 8],
        "f": [1e-9, 0.5, NAN, 0.0],
    })  # fmt: skip
    iterations = pd.DataFrame({
        "run": ["a", "a", "a", "b", "b", "c"],
        "k": [0, 1, 2, 0, 1, 0],
        "f": [4.0, 2.0, 1.0, 9.0, 3.0, 5.0],
        "step_size": [NAN, 0.1, 0.1, NAN, 0.2, NAN],
        "kept": [True, False, True, True, True, True],
    })  # fmt: skip
    return Tables(runs, iterations)


def judge(**claim: Any) -> Verdict:
    (verdict,) = evaluate([Expectation.model_validate(claim)], tables())
    return verdict


GD: dict[str, Any] = {"label": "GD"}


@pytest.mark.parametrize(
    ("claim", "met", "seen"),
    [
        ({"runs": {"label": "BFGS"}, "column": "status", "all": "CONVERGED"}, True, "CONVERGED (2×)"),
        (
            {"runs": GD, "column": "status", "all": "CONVERGED"},
            False,
            "1 of 2 do not meet it: MAX_ITERATIONS (GD on quadratic)",
        ),
        ({"runs": GD, "column": "status", "any": "CONVERGED"}, True, "CONVERGED (1×), MAX_ITERATIONS (1×)"),
        ({"column": "status", "any": {"<": 1}}, False, "4 of 4 do not meet it"),
        ({"runs": GD, "column": "status", "any": "STALLED"}, False, "2 of 2 do not meet it"),
        ({"column": "status", "all": ["CONVERGED", "MAX_ITERATIONS"]}, True, "CONVERGED (3×)"),
        ({"column": "status", "all": ["CONVERGED", "STALLED"]}, False, "1 of 4 do not meet it: MAX_ITERATIONS"),
        ({"runs": GD, "column": "iterations", "max": {"<=": 3000}}, True, "max iterations = 3000"),
        ({"runs": GD, "column": "iterations", "max": {"<": 3000}}, False, "max iterations = 3000"),
        ({"runs": GD, "column": "iterations", "min": 30}, True, "min iterations = 30"),
        ({"runs": GD, "column": "iterations", "mean": {"==": 1515}}, True, "mean iterations = 1515"),
        ({"column": "iterations", "median": {">": 18.9, "<": 19.1}}, True, "median iterations = 19"),
        ({"runs": {"status": "CONVERGED"}, "count": 3}, True, "count run = 3"),
        ({"runs": {"status": "ERROR"}, "count": 0}, True, "count run = 0"),
        (
            {"runs": GD, "column": "iterations", "against": "problem.condition", "slope": {"near": [1, 1e-9]}},
            True,
            "= 1",
        ),
        (
            {"runs": GD, "column": "iterations", "against": "problem.condition", "slope": {"near": [2, 0.5]}},
            False,
            "= 1",
        ),
        ({"runs": {"problem.condition": [10, 20]}, "column": "iterations", "max": 30}, True, "= 30"),
        ({"runs": {"problem.condition": {">": 10}}, "column": "iterations", "min": 8}, True, "= 8"),
        ({"runs": {"optimizer.step_size": 0.1}, "count": 2}, True, "= 2"),
        ({"runs": {"optimizer.step_size": None}, "count": 2}, True, "= 2"),
        ({"runs": {"optimizer.step_size": {"!=": 0.1}}, "count": 0}, True, "= 0"),
        ({"runs": {"optimizer.search": 0.5}, "count": 1}, True, "= 1"),
    ],
)
def test_claims_about_runs(claim: dict[str, Any], met: bool, seen: str) -> None:
    verdict = judge(**claim)
    assert verdict.met is met, verdict
    assert seen in verdict.seen


@pytest.mark.parametrize(
    ("claim", "met", "seen"),
    [
        (
            {"runs": GD, "rows": {"k": {">=": 1}}, "column": "step_size", "all": {"near": [0.15, 0.051]}},
            True,
            "0.1 (2×)",
        ),
        (
            {"runs": GD, "column": "step_size", "all": {"<": 1}},
            False,
            "2 of 5 do not meet it: nan (GD on quadratic, k = 0)",
        ),
        ({"runs": GD, "column": "step_size", "max": {"<": 1}}, False, "max step_size = nan"),
        ({"runs": GD, "column": "f", "first": {">=": 4}}, True, "4 (1×), 9 (1×)"),
        ({"runs": GD, "column": "f", "last": {"<=": 1}}, False, "1 of 2 do not meet it: 3 (GD on quadratic, k = 1)"),
        ({"runs": GD, "rows": {"kept": True}, "column": "f", "min": 1}, True, "min f = 1"),
        ({"runs": GD, "at": "last", "column": "step_size", "max": 0.2}, True, "= 0.2"),
        ({"runs": GD, "rows": {"k": 7}, "column": "f", "all": 1}, False, "no iteration of these runs is selected"),
        ({"runs": GD, "rows": {"k": 7}, "column": "f", "max": 1}, False, "no iteration of these runs is selected"),
        ({"column": "f", "all": {"<": 1}}, False, "1 of 4 do not meet it: nan (BFGS on quadratic)"),
    ],
)
def test_claims_about_iterations(claim: dict[str, Any], met: bool, seen: str) -> None:
    verdict = judge(**claim)
    assert verdict.met is met, verdict
    assert seen in verdict.seen


def test_one_method_is_compared_with_another() -> None:
    fewer = {"runs": {"label": "BFGS"}, "column": "iterations"}
    assert judge(**fewer, max={"<": {"min": "iterations", "runs": GD}}) == Verdict(
        "max iterations < min iterations (label = GD) where label = BFGS",
        True,
        "max iterations = 8; min iterations (label = GD) = 30",
    )
    assert judge(**fewer, max={"<": {"min": "iterations", "runs": GD, "times": 0.2}}).met is False
    assert judge(**fewer, max={"near": [{"max": "iterations", "runs": {"label": "BFGS"}}, 0]}).met is True
    assert judge(**fewer, max={"<": {"min": "f", "runs": {"label": "BFGS"}}}).met is False  # NaN


@pytest.mark.parametrize(
    ("claim", "seen"),
    [
        ({"runs": {"label": "SGD"}, "column": "f", "all": 1}, "no run has label = SGD"),
        (
            {"runs": {"lable": "GD"}, "column": "f", "all": 1},
            "the runs table has no column 'lable'; did you mean 'label'?",
        ),
        ({"column": "iteration", "max": 1}, "the tables have no column 'iteration'; did you mean 'iterations'?"),
        ({"column": "status", "max": 1}, "max needs numbers, but status holds 'CONVERGED'"),
        ({"runs": GD, "column": "f", "rows": {"kk": 1}, "all": 1}, "the iterations table has no column 'kk'"),
        (
            {"runs": {"label": "BFGS"}, "column": "f", "against": "problem.condition", "slope": {">": 0}},
            "a log-log slope needs positive values",
        ),
        (
            {"runs": {"problem.condition": 10}, "column": "iterations", "against": "problem.condition", "slope": 1},
            "at two or more values of problem.condition",
        ),
    ],
)
def test_what_cannot_be_judged_is_unmet_and_says_why(claim: dict[str, Any], seen: str) -> None:
    verdict = judge(**claim)
    assert verdict.met is False
    assert seen in verdict.seen


def test_says_replaces_the_claim_in_words() -> None:
    assert judge(says="BFGS is quick.", column="iterations", min=6) == Verdict(
        "BFGS is quick.", True, "min iterations = 6"
    )
    claim = judge(runs={"problem.condition": {">": 10}, "label": ["GD", "BFGS"]}, column="f", last={"near": [1, 0.5]})
    assert claim.claim == "last f = 1 ± 0.5 where problem.condition > 10, label in GD, BFGS"


@pytest.mark.parametrize(
    "claim",
    [
        {"column": "f"},
        {"column": "f", "all": 1, "any": 1},
        {"all": 1},
        {"column": "f", "slope": 1},
        {"column": "f", "max": 1, "against": "k"},
        {"column": "f", "max": {}},
        {"column": "f", "max": {"near": [1]}},
        {"column": "f", "max": {"<": {"min": "f", "max": "f"}}},
        {"column": "f", "max": {"<": "small"}},
    ],
)
def test_incomplete_claims_are_refused(claim: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Expectation.model_validate(claim)


def test_every_column_that_is_named_is_found() -> None:
    claim = Expectation.model_validate({
        "runs": {"label": "a"}, "rows": {"k": 1}, "column": "f",
        "max": {"<": {"slope": "g", "against": "h", "runs": {"seed": 1}}, "near": [{"min": "z"}, 1]},
    })  # fmt: skip
    assert columns_named(claim) == [
        (("runs", "label"), "label"), (("rows", "k"), "k"), (("column",), "f"),
        (("max", "<", "runs", "seed"), "seed"), (("max", "<", "against"), "h"), (("max", "<", "slope"), "g"),
        (("max", "near", 0, "min"), "z"),
    ]  # fmt: skip


def test_tables_are_left_as_they_were() -> None:
    there = tables()
    before = there.iterations.copy()
    evaluate([Expectation.model_validate({"runs": GD, "column": "f", "last": 1})], there)
    pd.testing.assert_frame_equal(there.iterations, before)
    assert np.isnan(there.runs["f"][2])

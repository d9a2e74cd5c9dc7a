"""The classic collections against figures from outside the catalogue: sizes, f at the start, f*, constraints."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from optlab.core.constraints import bounds_of
from optlab.core.settings import name_of, settings_of
from optlab.registry import Catalogue, suites

CATALOGUE = Catalogue()
HERE = Path(__file__).parent / "facts"
NOT_LEAST = {"hs47"}
"""Problems whose published value is not the least one: the note says why, and the published point is listed."""


def table(name):
    with (HERE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def made(row):
    cls = CATALOGUE.find("problems", row["problem"])
    wanted = {key: int(row[key]) for key in ("n", "m") if key in row and key in settings_of(cls)}
    return CATALOGUE.make("problems", {"name": row["problem"], **wanted})


def agrees(problem, f):
    """Whether f is the optimum, or for NOT_LEAST the value at another critical point that is listed."""
    if name_of(problem) in NOT_LEAST:
        points = [x for those in problem.known.critical_points.values() for x in those]
        return any(problem.value(np.array(x, dtype=float)) == pytest.approx(f, abs=1e-12) for x in points)
    return problem.known.optimum == pytest.approx(f, rel=1e-8, abs=1e-14)


@pytest.mark.parametrize("row", table("mgh.csv"), ids=lambda row: f"{row['problem']} n={row['n']}")
def test_more_garbow_hillstrom(row):
    problem = made(row)
    assert problem.n == int(row["n"])
    assert problem.residuals(problem.start()).shape == (int(row["m"]),)
    assert problem.value(problem.start()) == pytest.approx(float(row["f_start"]), rel=1e-10)
    assert agrees(problem, float(row["f_optimum"]))


def test_all_thirty_five_are_there():
    numbers = {row["problem"]: int(row["number"]) for row in table("mgh.csv")}
    assert sorted(numbers.values()) == list(range(1, 36))
    assert set(suites(CATALOGUE)["mgh"]) == set(numbers)


@pytest.mark.parametrize("row", table("hs.csv"), ids=lambda row: row["problem"])
def test_hock_schittkowski(row):
    problem = made(row)
    x = problem.start()
    assert problem.n == int(row["n"])
    assert problem.value(x) == pytest.approx(float(row["f_start"]), rel=1e-10, abs=1e-12)
    assert agrees(problem, float(row["f_optimum"]))
    sides = bounds_of(problem)
    counted = {
        "bound_sides": 0 if sides is None else int(np.isfinite(sides).sum()),
        "linear_equalities": 0 if problem.linear_equality is None else len(problem.linear_equality[1]),
        "linear_inequalities": 0 if problem.linear_inequality is None else len(problem.linear_inequality[1]),
        "equalities": 0 if problem.equality is None else np.size(problem.equality(x)),
        "inequalities": 0 if problem.inequality is None else np.size(problem.inequality(x)),
    }
    assert counted == {key: int(row[key]) for key in counted}


def test_all_of_hock_schittkowski_that_have_figures_are_there():
    assert set(suites(CATALOGUE)["hs"]) == {row["problem"] for row in table("hs.csv")}
    assert len(suites(CATALOGUE)["hs"]) >= 60

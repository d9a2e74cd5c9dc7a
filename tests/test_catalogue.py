"""Every problem of the catalogue, in every variant it names, passes the battery and states where it comes from."""

from __future__ import annotations

import pytest

from optlab.checks.check_problem import check_problem
from optlab.registry import Catalogue

CATALOGUE = Catalogue()
NAMES = [name for name in CATALOGUE.names("problems") if CATALOGUE.entry("problems", name).module]
CASES = [{"name": name, **settings} for name in NAMES for settings in ({}, *CATALOGUE.find("problems", name).variants)]
ALWAYS = {"gradient against differences", "declarations are true", "pickles", "settings are frozen"}


def words(spec):
    return " ".join([spec["name"], *(f"{k}={v}" for k, v in spec.items() if k != "name")])


@pytest.mark.parametrize("spec", CASES, ids=words)
def test_battery(spec):
    report = check_problem(CATALOGUE.make("problems", spec))
    assert report.passed, str(report)
    ran = {check.name for check in report.checks if not check.skipped}
    assert ran >= ALWAYS
    escaped = [c for c in report.checks if c.skipped and "cannot trace" in c.detail]
    assert not escaped, "nothing that is written by hand may escape because autograd cannot trace f"


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_complete(name):
    cls = CATALOGUE.find("problems", name)
    problem = CATALOGUE.make("problems", name)
    assert "Source:" in cls.__doc__ or any("Source:" in (base.__doc__ or "") for base in cls.__mro__[1:-1])
    assert cls.suites, "a suite is its home in the lists"
    assert not problem.constrained or cls.constraints
    if problem.known.optimum is not None:
        assert problem.known.certificate, "say how it is known that f* is the least value"

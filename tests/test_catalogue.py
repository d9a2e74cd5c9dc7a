"""Every problem of the catalogue, in every variant it names, passes the battery and states where it comes from."""

from __future__ import annotations

import numpy as np
import pytest

from optlab.checks.check_problem import check_problem
from optlab.core.settings import settings_of
from optlab.core.status import InputError
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


@pytest.mark.parametrize("name", NAMES)
def test_what_a_setting_cannot_be_is_refused_in_words(name):
    for setting in settings_of(CATALOGUE.find("problems", name)):
        for value in (0, -1, "x", float("nan"), []):
            refused = ""
            try:
                problem = CATALOGUE.make("problems", {"name": name, setting: value})
                x = problem.start()
                values = np.append(problem.gradient(x), problem.value(x))
            except InputError as error:
                refused = str(error)
            where = f"{setting} = {value!r}"
            assert "cannot be built" not in refused, f"{where}: {refused}"
            assert refused or np.isfinite(values).all(), f"{where} is taken, and f is not finite at the start"


@pytest.mark.parametrize("name", [name for name in NAMES if "n" in settings_of(CATALOGUE.find("problems", name))])
def test_a_million_variables_start_or_are_refused_in_words(name):
    refused = ""
    try:
        x = CATALOGUE.make("problems", {"name": name, "n": 10**6}).start()
    except InputError as error:
        refused = str(error)
    if refused:
        assert any(words in refused for words in ("must be", "to choose", "more rows")), refused
    else:
        assert x.shape == (10**6,)


def test_tags_imply_one_another():
    for name in NAMES:
        tags = set(CATALOGUE.entry("problems", name).attributes.get("tags", ()))
        assert "convex" in tags or "strictly_convex" not in tags, name
        assert not tags >= {"convex", "nonconvex"}, name

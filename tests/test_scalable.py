"""The scalable suite at a million variables: no n × n array, and hand-written products that agree with the gradient."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from optlab.checks.differences import directional
from optlab.core.status import InputError
from optlab.registry import Catalogue, suites

NAMES = suites(Catalogue())["scalable"]
MILLION = 1_000_000
LIMIT = 1_500_000_000
"""Bytes of address space: Python, NumPy and SciPy take a third of it, a vector of a million numbers 8 MB."""
SCRIPT = """
import json, resource, sys
import numpy as np
from optlab.registry import Catalogue
name, n, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
problem = Catalogue().make("problems", {"name": name, "n": n})
x = problem.start()
x.setflags(write=False)
f, g = problem.value_and_gradient(x)
v = np.cos(np.arange(x.size))
Hv = problem.hvp(x, v)
known = problem.known
near = known.solution is None or problem.value(np.asarray(known.solution, dtype=float)) <= f
same = abs(problem.value(x) - f) <= 1e-12 * abs(f)
slope = problem.gradient(x)
print(json.dumps([
    x.size, bool(same), bool(np.abs(slope - g).max() <= 1e-12 * np.abs(g).max()), bool(np.isfinite(Hv).all()),
    Hv.shape[0], bool(near), problem.lacks("hessian"), problem.lacks("hvp"),
]))
"""


def of_size(name, n):
    """The problem with n variables, or with the next smaller number that it allows."""
    for k in range(n, n - 20, -1):
        try:
            problem = Catalogue().make("problems", {"name": name, "n": k})
            problem.start()
        except InputError:
            continue
        return problem
    raise AssertionError(name)


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited by a call of Linux")
@pytest.mark.parametrize("name", NAMES)
def test_a_million_variables_fit_under_a_memory_limit(name):
    many = of_size(name, MILLION).n
    command = [sys.executable, "-c", SCRIPT, name, str(many), str(LIMIT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert run.returncode == 0, run.stderr[-2000:]
    n, value, gradient, finite, length, near, hessian, hvp = json.loads(run.stdout)
    assert (n, length) == (many, many)
    assert value
    assert gradient
    assert finite
    assert near, "the solution is no better than the start"
    assert "would take" in hessian
    assert hvp == ""


@pytest.mark.parametrize("name", NAMES)
def test_products_are_differences_of_gradients_at_middling_n(name):
    problem = of_size(name, 3000)
    random = np.random.default_rng(0)
    start = problem.start()
    size = np.where(start != 0, np.abs(start), 1.0)  # no step leaves a domain such as x > 0
    x = start + 1e-2 * size * random.standard_normal(problem.n)
    v = size * random.standard_normal(problem.n)
    for function, product in ((problem.gradient, problem.hvp(x, v)), (problem.value, problem.gradient(x) @ v)):
        difference, error = directional(function, x, v, 1e-3)
        worst = np.abs(product - difference).max()
        assert worst <= 1e-6 * np.abs(product).max() + 10 * error
        assert error <= 1e-3 * np.abs(product).max()

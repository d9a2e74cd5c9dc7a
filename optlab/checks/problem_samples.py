"""Checks of a finite sum and of a composite term."""

from __future__ import annotations

import numpy as np

from optlab.checks.problem_case import ProblemCase, compare, largest
from optlab.checks.report import Skipped, require

MEAN = 1e-11
MANY = 64
"""Sums of up to so many terms are taken apart term by term, others in this many pieces."""
PROX = 1e-12


def samples_add_up(case: ProblemCase) -> str:
    """Check that the mean over all terms is f and ∇f, and that any partition into batches gives it."""
    problem = case.problem
    if problem.samples is None:
        msg = "f is no finite sum"
        raise Skipped(msg)
    N = problem.samples.size
    pieces = np.array_split(case.random.permutation(N), min(N, MANY))
    for place in case.places:
        f, g = problem.value(place.x), problem.gradient(place.x)
        parts = [(len(i), problem.samples.value(place.x, i), problem.samples.gradient(place.x, i)) for i in pieces]
        size = max(largest(part) for _, _, part in parts)
        mean_f = sum(b * v for b, v, _ in parts) / N
        mean_g = sum((b * v for b, _, v in parts), np.zeros(problem.n)) / N
        near = MEAN * (sum(b * abs(v) for b, v, _ in parts) / N + abs(f) + abs(problem.value(case.start)))
        compare(f"{place.label}, the mean of f over batches", mean_f, f, near, "value")
        compare(f"{place.label}, the mean of ∇f over batches", mean_g, g, MEAN * (size + largest(g)), "gradient")
        twice = problem.samples.gradient(place.x, np.repeat(pieces[0], 2))
        compare(f"{place.label}, every index twice", twice, parts[0][2], MEAN * (size + largest(g)), "indices once")
    return f"{N} terms, {len(pieces)} batches"


def prox_minimizes(case: ProblemCase) -> str:
    """Check that no point near prox(x) is better than it: t c(z) + ½‖z − x‖² is least there."""
    problem = case.problem
    c = problem.composite
    if c is None:
        msg = "there is no composite term"
        raise Skipped(msg)
    for place in case.places:
        for t in (0.01, 1.0, 10.0):
            p = c.prox(place.x, t)
            least = t * c.value(p) + 0.5 * float((p - place.x) @ (p - place.x))
            require(bool(np.isfinite(least)), f"prox of {place.label} is outside the domain of the term")
            for length in (1e-6, 1e-3, 1.0):
                for _, v in case.directions:
                    for z in (p + length * v, p - length * v):
                        other = t * c.value(z) + 0.5 * float((z - place.x) @ (z - place.x))
                        better = least <= other + PROX * (1.0 + abs(least))
                        require(better, f"prox of {place.label} with t = {t:g}: a point {length:g} away is lower")
    return f"{len(case.places)} points"


SAMPLE_CHECKS = (samples_add_up, prox_minimizes)

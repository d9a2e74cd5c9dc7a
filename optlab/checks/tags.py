"""The tags of an optimizer: what each claims, what it implies, and the checks that hold a method to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optlab.core.status import nearest

if TYPE_CHECKING:
    from optlab.checks.optimizer_case import OptimizerCase

TAGS = {
    "adaptive": "each component of the gradient is divided by its own size: the first step is a multiple of its sign",
    "affine_invariant": "a linear change of variables of condition 10 changes the iterates by rounding alone",
    "conjugate_gradient": "with exact steps a quadratic with d distinct eigenvalues takes d steps",
    "derivative_free": "it asks for f alone; the gradients in its records are not counted",
    "escapes_saddle": "from a start exactly on the stable manifold of a strict saddle it gets to the minimum",
    "exact_search": "consecutive gradients are orthogonal, the slowest start on a quadratic as slow as in theory",
    "f_homogeneous": "f × 2^k gives the same iterates bit for bit, f × 10^±8 the same verdict",
    "feasible": "every iterate, and every point where f is evaluated, is in the set and within the bounds",
    "fixed_step": "on a quadratic e ← (I − εH) e, ε = `step_size`",
    "foreign": "its loop is another package's",
    "gauss_newton": "one step solves a linear least-squares problem",
    "heavy_ball": "momentum with fixed steps",
    "inside_bounds": "f is only ever evaluated strictly between the bounds",
    "line_search": "a search lowers f along a direction of descent: far starts and singular Hessians are no obstacle",
    "momentum": "a heavy ball where the steps are fixed: x₊ = x − αg + β(x − x₋), rate √β; otherwise accelerated",
    "monotone": "f never rises",
    "nesterov": "f − f* ≤ 2L‖x0 − x*‖²/(k + 1)² with the step 1/L",
    "newton": "one step solves a quadratic, and the rate is quadratic",
    "optimal_step": "1/L ≤ ε ≤ 1/μ on a quadratic, and all that exact_search claims",
    "permutation": "the order of the variables does not matter",
    "quasi_newton": "n exact steps end a quadratic; every update fulfils the secant equation and stays definite",
    "rotation": "rotated variables give rotated iterates (implies permutation and translation)",
    "safeguarded": "f or ∇f that is NaN or Inf is no obstacle",
    "scheduled_step": "the step follows a schedule",
    "stochastic": "it sees sampled gradients",
    "strictly_feasible": "f is only ever evaluated where every inequality is strict",
    "translation": "moved variables give moved iterates",
    "trust_region": "the radius stays positive and finite, a rejected step keeps x; far starts are no obstacle",
    "truncated_newton": "Newton's system is solved by products with H, and few steps are taken",
    "within_bounds": "f is only ever evaluated within the bounds",
    "x_homogeneous": "x × 2^k gives the same iterates bit for bit",
}
"""What each tag claims: the battery checks it."""

IMPLIED = {
    "exact_search": ("rotation",),
    "fixed_step": ("rotation",),
    "line_search": ("safeguarded",),
    "newton": ("rotation",),
    "optimal_step": ("rotation", "exact_search"),
    "quasi_newton": ("rotation",),
    "rotation": ("permutation", "translation"),
    "trust_region": ("safeguarded",),
}
"""What else a tag claims."""

SAME = {
    "affine": "affine_invariant",
    "cg": "conjugate_gradient",
    "eps_star": "optimal_step",
    "escapes_exact": "escapes_saddle",
    "exact_sd": "exact_search",
    "fixed_gd": "fixed_step",
    "rotation_equivariant": "rotation",
    "permutation_equivariant": "permutation",
    "translation_equivariant": "translation",
}
"""Other names of tags."""


def all_tags(properties: Iterable[str]) -> frozenset[str]:
    """Return the tags with all that they imply."""
    found: set[str] = set()
    waiting = [SAME.get(tag, tag) for tag in properties]
    while waiting:
        tag = waiting.pop()
        if tag not in found:
            found.add(tag)
            waiting += IMPLIED.get(tag, ())
    return frozenset(found)


def misspelled(properties: Iterable[str]) -> str:
    """Return what to say of the tags that look like a known one and are not, or an empty string."""
    near = [(tag, nearest(tag, TAGS)) for tag in properties if tag not in TAGS and tag not in SAME]
    return "; ".join(f"no check knows the tag {tag!r}{hint}" for tag, hint in near if hint)


@dataclass(frozen=True)
class Law:
    """A check for the methods with one of these tags."""

    check: Callable[[OptimizerCase], str]
    tags: tuple[str, ...]

    @property
    def __name__(self) -> str:
        return self.check.__name__

    def __call__(self, case: OptimizerCase) -> str:
        return self.check(case)


def law(*tags: str) -> Callable[[Callable[[OptimizerCase], str]], Law]:
    """Make a function the check of whoever has one of the tags."""
    return lambda check: Law(check, tags)


def chosen(
    checks: Iterable[Callable[[OptimizerCase], str]], tags: frozenset[str]
) -> list[Callable[[OptimizerCase], str]]:
    """Return the checks for a method with these tags: those without a tag, and those with one of them."""
    return [check for check in checks if not isinstance(check, Law) or tags.intersection(check.tags)]

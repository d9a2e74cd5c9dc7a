"""The method for a problem when none is named: by what the problem offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from optlab.core.constraints import only_bounds
from optlab.core.status import InputError

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase

DENSE = 1000
"""Up to this many variables a dense n × n matrix, and its factorization in every step, is no burden."""
AUTO = "auto"
METHODS = (
    "projected_gradient", "projected_newton", "lbfgsb", "secular_equation", "fista", "active_set", "kkt_newton", "sqp",
    "sqp_newton", "lstsq", "levenberg_marquardt", "linear_conjugate_gradient", "trust_region", "newton_cg", "bfgs",
    "lbfgs", "sgd",
)  # fmt: skip
"""What may be chosen."""


class NothingFitsError(InputError):
    """No method handles the constraints of a problem."""


class Choice(NamedTuple):
    """The name of a method, and why it was chosen."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name} was chosen: {self.why}"


@dataclass(frozen=True)
class Auto:
    """The method that fits the problem, chosen before a run: what `optimizers: [auto]` stands for."""

    name: ClassVar[str] = AUTO


def choose(problem: ProblemBase) -> Choice:
    """Return the method for a problem: by its constraints, its structure, its derivatives and its size.

    Raises
    ------
    NothingFitsError
        For constraints, or a combination of them, that no method handles.
    """
    return _constrained(problem) if problem.constrained else _structured(problem) or _smooth(problem)


def _structured(problem: ProblemBase) -> Choice | None:
    """Choose by what f is a sum of, and by its being quadratic."""
    size, small, quadratic = f"n = {problem.n:,}", problem.n <= DENSE, "quadratic" in problem.tags
    if small and not problem.lacks("jacobian"):
        if quadratic:
            return Choice(
                "lstsq", f"f is a sum of squares whose residuals are linear, and {size}: one step solves that"
            )
        return Choice("levenberg_marquardt", f"f is a sum of squares with residuals, not linear, and {size}")
    if problem.lacks("gradient") and not problem.lacks("samples"):
        return Choice("sgd", "f is a finite sum whose terms have gradients, and f itself has none")
    if quadratic and not small and "convex" in problem.tags and problem.by_hand("hvp"):
        return Choice("linear_conjugate_gradient", f"f is a convex quadratic with Hessian-vector products and {size}")
    return None


def _smooth(problem: ProblemBase) -> Choice:
    """Choose by which derivatives are by hand, and by n."""
    size, small = f"n = {problem.n:,}", problem.n <= DENSE
    if small and problem.by_hand("hessian"):
        return Choice("trust_region", f"f has a Hessian by hand and {size}")
    if problem.by_hand("hvp"):
        return Choice("newton_cg", f"f has Hessian-vector products by hand, no Hessian is formed, and {size}")
    gradient = "by hand" if problem.by_hand("gradient") or problem.by_hand("value_and_gradient") else "by autograd"
    if small:
        return Choice("bfgs", f"f has a gradient {gradient}, no Hessian by hand, and {size}")
    return Choice("lbfgs", f"f has a gradient {gradient} and {size}, too large for a dense matrix")


def _constrained(problem: ProblemBase) -> Choice:
    """Choose by the kinds of constraint."""
    kinds, size, small = set(problem.constrained), f"n = {problem.n:,}", problem.n <= DENSE
    if kinds == {"composite"}:
        return Choice("fista", "f has a composite term with a proximal operator")
    if kinds <= {"set", "bounds"}:
        return _over_a_set(problem, kinds, size, small)
    if kinds == {"equality"} and small:
        return Choice("kkt_newton", "the only constraints are equalities")
    if "composite" not in kinds and ("set" not in kinds or (problem.feasible is not None and problem.feasible.form)):
        return _functions(problem, set(problem.constraint_forms), size, small)
    what = " and ".join(
        "a composite term" if kind == "composite" else f"{kind} constraints" for kind in problem.constrained
    )
    msg = f"the problem has {what}, and none of the methods to choose from handles these together"
    raise NothingFitsError(msg)


def _over_a_set(problem: ProblemBase, kinds: set[str], size: str, small: bool) -> Choice:
    """Choose among the methods that project."""
    has_hessian = small and problem.by_hand("hessian")
    if only_bounds(problem):
        if has_hessian:
            return Choice("projected_newton", f"the only constraints are bounds, f has a Hessian by hand, and {size}")
        return Choice("lbfgsb", f"the only constraints are bounds, no Hessian is by hand or wanted, and {size}")
    if kinds == {"set"} and has_hessian and problem.ball and "quadratic" in problem.tags:
        return Choice("secular_equation", f"a quadratic in a ball with {size}: the multiplier solves one equation")
    return Choice("projected_gradient", "the only constraint is a convex set, and projecting onto that is cheap")


def _functions(problem: ProblemBase, forms: set[str], size: str, small: bool) -> Choice:
    """Choose among the methods for equalities and inequalities."""
    if not small:
        msg = f"the problem has {' and '.join(sorted(forms))} constraints and {size}: too large for a dense KKT matrix"
        raise NothingFitsError(msg)
    linear = problem.equality is None and problem.inequality is None
    linear = linear and (problem.feasible is None or problem.feasible.inequality(problem.start()).size == 0)
    if linear and "quadratic" in problem.tags and "convex" in problem.tags and problem.by_hand("hessian"):
        return Choice("active_set", f"a convex quadratic with linear constraints and {size}")
    curved = problem.by_hand("lagrangian_hessian") or (linear and problem.by_hand("hessian"))
    if curved:
        return Choice("sqp_newton", f"constraints are functions, second derivatives are by hand, and {size}")
    return Choice("sqp", f"constraints are functions, no second derivatives are by hand, and {size}")

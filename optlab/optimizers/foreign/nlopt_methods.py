"""Methods of NLopt. Its tolerances are off, as they are by default, so that our stop rules end the runs.

NLopt does not show its iterates: they are the points at which it asks for f (and ∇f) and that are better than the
iterate before; with constraints, those that are not worse in both f and the violation of the constraints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.foreign import Ending, ForeignOptimizer, Window
from optlab.core.problem import Array
from optlab.core.status import Halt, Status

FAILURES = {-1: ("it failed", Status.LINESEARCH_FAILED), -4: ("rounding errors limit it", Status.STALLED)}


@dataclass(frozen=True)
class NloptMethod(ForeignOptimizer):
    """A method of NLopt."""

    abstract: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("foreign",)
    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    package: ClassVar[str] = "nlopt"
    extra: ClassVar[str] = "solvers"
    algorithm: ClassVar[str]
    finite: ClassVar[bool] = False
    """Whether f must be finite: some would go round in circles for ever, and nobody could stop them."""

    def solve(self, oracle: Window, x0: Array, emit: Callable[[Any], None]) -> Ending:
        """Set NLopt up and run it."""
        import nlopt

        solver = nlopt.opt(getattr(nlopt, self.algorithm), oracle.n)
        shown = _Iterates(oracle, x0, emit, self.finite)
        solver.set_min_objective(shown.objective)
        if oracle.bounds is not None:
            solver.set_lower_bounds(oracle.bounds[0])
            solver.set_upper_bounds(oracle.bounds[1])
        for kind, add in (("equality", solver.add_equality_mconstraint),
                          ("inequality", solver.add_inequality_mconstraint)):  # fmt: skip
            if kind in oracle.constrained:
                function = shown.constraint(kind)
                add(function, np.zeros(shown.rows(kind, x0)))
        self.prepare(solver)
        nlopt.srand(oracle.seed)
        try:
            x = solver.optimize(x0)
        except Exception as error:  # of several types of its own, by version
            if solver.last_optimize_result() not in FAILURES:
                raise
            shown.judge()
            says, status = FAILURES[solver.last_optimize_result()]
            return Ending(message=str(error) or says, status=status)
        return Ending(True, f"code {solver.last_optimize_result()}", x)

    def prepare(self, solver: Any) -> None:
        """Set what is this method's own."""


class _Iterates:
    """NLopt's questions, in the form of NLopt, and the iterates found among them."""

    def __init__(self, oracle: Window, x0: Array, emit: Callable[[Any], None], finite: bool) -> None:
        self.oracle, self.emit, self.finite = oracle, emit, finite
        self.kinds = [kind for kind in ("equality", "inequality") if kind in oracle.constrained]
        self.at: tuple[Array, float, dict[str, float]] = (x0, oracle.value(x0), {})
        self.best, self.least = (inf, inf) if self.kinds else (oracle.value(x0), 0.0)

    def rows(self, kind: str, x: Array) -> int:
        """How many constraints of a kind there are."""
        return int(getattr(self.oracle, kind)(x).size)

    def objective(self, x: Array, grad: Array) -> float:
        """f(x), and ∇f(x) into `grad` unless it is empty."""
        if grad.size:
            f, grad[:] = self.oracle.value_and_gradient(x)
        else:
            f = self.oracle.value(x)
        if self.finite and not isfinite(f):
            msg = f"f = {f}, which this method of NLopt cannot stand"
            raise Halt(Status.NONFINITE, msg)
        if self.kinds:  # the last point's constraints are known by now
            self.judge()
            self.at = (x.copy(), f, {})
        elif f < self.best:
            self.best = f
            self.emit(x)
        return f

    def constraint(self, kind: str) -> Callable[[Array, Array, Array], None]:
        """Return the function that fills in the constraints of a kind, and their Jacobian unless it is empty."""
        value, jacobian = getattr(self.oracle, kind), getattr(self.oracle, kind + "_jacobian")

        def fill(result: Array, x: Array, grad: Array) -> None:
            result[:] = value(x)
            if grad.size:
                grad[:] = jacobian(x)
            if np.array_equal(x, self.at[0]):
                violation = np.abs(result) if kind == "equality" else np.maximum(result, 0.0)
                self.at[2][kind] = float(violation.max(initial=0.0))

        return fill

    def judge(self) -> None:
        """Show the last point where its constraints are known and it is better than what was shown last."""
        x, f, violations = self.at
        if self.kinds and len(violations) == len(self.kinds):
            violation = max(violations.values())
            better = f < self.best or violation < self.least
            if better and self.best != inf:
                self.emit(x)
            if better or self.best == inf:
                self.best, self.least = f, violation


# --- by gradients ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class NloptLimitedMemory(NloptMethod):
    """A method of NLopt by gradients that remembers a number of steps; 0 leaves the number to NLopt."""

    abstract: ClassVar[bool] = True

    memory: Annotated[int, Ge(0)] = 0

    def prepare(self, solver: Any) -> None:
        """Set the number of steps to remember."""
        solver.set_vector_storage(self.memory)


@dataclass(frozen=True)
class NloptLBFGS(NloptLimitedMemory):
    """NLopt's L-BFGS.

    Source: Nocedal (1980); Liu & Nocedal (1989); Lukšan's code as NLOPT_LD_LBFGS.
    """

    algorithm: ClassVar[str] = "LD_LBFGS"


@dataclass(frozen=True)
class NloptVar1(NloptLimitedMemory):
    """NLopt's shifted limited-memory variable metric, of rank one.

    Source: Vlček & Lukšan (2006); NLOPT_LD_VAR1.
    """

    algorithm: ClassVar[str] = "LD_VAR1"


@dataclass(frozen=True)
class NloptVar2(NloptLimitedMemory):
    """NLopt's shifted limited-memory variable metric, of rank two.

    Source: Vlček & Lukšan (2006); NLOPT_LD_VAR2.
    """

    algorithm: ClassVar[str] = "LD_VAR2"


@dataclass(frozen=True)
class NloptTNewton(NloptLimitedMemory):
    """NLopt's truncated Newton method, preconditioned and restarted.

    Source: Dembo & Steihaug (1983); NLOPT_LD_TNEWTON_PRECOND_RESTART.
    """

    name: ClassVar[str] = "nlopt_tnewton"
    algorithm: ClassVar[str] = "LD_TNEWTON_PRECOND_RESTART"


@dataclass(frozen=True)
class NloptSLSQP(NloptMethod):
    """NLopt's sequential least-squares quadratic programming, for bounds and constraints.

    Source: Kraft (1988, 1994); NLOPT_LD_SLSQP.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    algorithm: ClassVar[str] = "LD_SLSQP"


@dataclass(frozen=True)
class NloptAuglag(NloptMethod):
    """NLopt's augmented Lagrangian for equalities and inequalities, around its L-BFGS within the bounds.

    Source: Conn, Gould & Toint (1991); Birgin & Martínez (2008); NLOPT_AUGLAG.

    Parameters
    ----------
    xtol_rel : float
        Relative tolerance in x of the inner method: without one it never returns.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    algorithm: ClassVar[str] = "AUGLAG"

    xtol_rel: Annotated[float, Gt(0)] = 1e-10

    def prepare(self, solver: Any) -> None:
        """Give it the inner method."""
        import nlopt

        inner = nlopt.opt(nlopt.LD_LBFGS, solver.get_dimension())
        inner.set_xtol_rel(self.xtol_rel)
        solver.set_local_optimizer(inner)


@dataclass(frozen=True)
class NloptMMA(NloptMethod):
    """NLopt's method of moving asymptotes, for bounds and inequalities.

    Source: Svanberg (2002); NLOPT_LD_MMA.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "inequality")
    algorithm: ClassVar[str] = "LD_MMA"


@dataclass(frozen=True)
class NloptCCSAQ(NloptMethod):
    """NLopt's conservative convex separable quadratic approximations, for bounds and inequalities.

    Source: Svanberg (2002); NLOPT_LD_CCSAQ.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "inequality")
    algorithm: ClassVar[str] = "LD_CCSAQ"


# --- without derivatives --------------------------------------------------------------------------


@dataclass(frozen=True)
class NloptDerivativeFree(NloptMethod):
    """A method of NLopt that asks for f only; ∇f at its iterates is for our stop rules, and not counted."""

    abstract: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("foreign", "derivative_free")

    xtol_rel: Annotated[float, Gt(0)] = 1e-15
    """Without it some go on for ever in a simplex or a trust region that has no size left."""

    def prepare(self, solver: Any) -> None:
        """Set the tolerance."""
        solver.set_xtol_rel(self.xtol_rel)


@dataclass(frozen=True)
class NloptCOBYLA(NloptDerivativeFree):
    """NLopt's linear models on a simplex, for bounds and constraints.

    Source: Powell (1994); NLOPT_LN_COBYLA.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    algorithm: ClassVar[str] = "LN_COBYLA"
    finite: ClassVar[bool] = True


@dataclass(frozen=True)
class NloptBOBYQA(NloptDerivativeFree):
    """NLopt's quadratic models without derivatives, for bounds.

    Source: Powell (2009); NLOPT_LN_BOBYQA.
    """

    algorithm: ClassVar[str] = "LN_BOBYQA"


@dataclass(frozen=True)
class NloptNelderMead(NloptDerivativeFree):
    """NLopt's simplex method, for bounds.

    Source: Nelder & Mead (1965); Box (1965); NLOPT_LN_NELDERMEAD.
    """

    algorithm: ClassVar[str] = "LN_NELDERMEAD"


@dataclass(frozen=True)
class NloptSbplx(NloptDerivativeFree):
    """NLopt's simplex method on subspaces, for bounds.

    Source: Rowan (1990); NLOPT_LN_SBPLX.
    """

    algorithm: ClassVar[str] = "LN_SBPLX"


@dataclass(frozen=True)
class NloptPraxis(NloptDerivativeFree):
    """NLopt's principal axes.

    Source: Brent (1972); NLOPT_LN_PRAXIS.
    """

    handles: ClassVar[tuple[str, ...]] = ()
    algorithm: ClassVar[str] = "LN_PRAXIS"

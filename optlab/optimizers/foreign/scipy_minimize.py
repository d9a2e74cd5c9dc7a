"""Every method of ``scipy.optimize.minimize``.

Their options are settings of the same names. The tolerances are zero, so that our stop rules end the runs; every
other default is SciPy's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Lt

from optlab.core.foreign import Ending, ForeignOptimizer, Window
from optlab.core.problem import Array
from optlab.core.status import InputError, Status

NO_LIMIT = 1_000_000_000
STOPPED = {1: Status.MAX_ITERATIONS, 2: Status.LINESEARCH_FAILED, 3: Status.NONFINITE}
"""What ``result.status`` means where a method says 0 for success."""


@dataclass(frozen=True)
class ScipyMinimize(ForeignOptimizer):
    """A method of ``scipy.optimize.minimize``; its settings are the method's options."""

    abstract: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("foreign",)
    method: ClassVar[str]
    limits: ClassVar[tuple[str, ...]] = ("maxiter",)
    """Options that bound the run, set out of reach: bounding it is the stop rules' business."""
    fused: ClassVar[bool] = False
    """Whether the method always asks for f and ∇f together."""
    ends: ClassVar[dict[int, Status]] = {}

    def solve(self, oracle: Window, x0: Array, emit: Callable[[Any], None]) -> Ending:
        """Call ``minimize`` with what the method takes."""
        from scipy.optimize import minimize

        call: Any = minimize  # typed per method, which is a variable here
        result = call(
            oracle.value_and_gradient if self.fused else oracle.value, x0, method=self.method,
            callback=self.callback(emit), options={**vars(self), **dict.fromkeys(self.limits, NO_LIMIT)},
            **self.given(oracle, emit),
        )  # fmt: skip
        status = self.ends.get(int(result.status), Status.STALLED)
        return Ending(bool(result.success), str(result.message), result.x, status)

    def given(self, oracle: Window, emit: Callable[[Any], None]) -> dict[str, Any]:
        """Return the derivatives, bounds and constraints that the method takes."""
        given: dict[str, Any] = {}
        if "gradient" in self.needs and "derivative_free" not in self.properties:
            given["jac"] = True if self.fused else oracle.gradient
        if "hessian" in self.needs:
            given["hess"] = oracle.hessian
        if "hvp" in self.needs:
            given["hessp"] = oracle.hvp
        if "bounds" in self.handles and oracle.bounds is not None:
            given["bounds"] = list(zip(*oracle.bounds, strict=True))
        if "inequality" in self.handles:
            given["constraints"] = constraints(oracle)
        return given

    def callback(self, emit: Callable[[Any], None]) -> Callable[..., None] | None:
        """Return what the method calls at every iterate."""
        return lambda x, *_rest: emit(x)


def constraints(oracle: Window) -> list[dict[str, Any]]:
    """Return the constraints in SciPy's form, where c(x) ≥ 0 is what c(x) ≤ 0 is to us."""
    given: list[dict[str, Any]] = []
    if "equality" in oracle.constrained:
        given.append({"type": "eq", "fun": oracle.equality, "jac": oracle.equality_jacobian})
    if "inequality" in oracle.constrained:
        given.append({"type": "ineq", "fun": lambda x: -oracle.inequality(x),
                      "jac": lambda x: -oracle.inequality_jacobian(x)})  # fmt: skip
    return given


# --- line searches ------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScipyCG(ScipyMinimize):
    """SciPy's nonlinear conjugate gradients: Polak–Ribière, a strong Wolfe search.

    Source: Nocedal & Wright (2006), section 5.2; ``scipy.optimize.minimize(method="CG")``.
    """

    method: ClassVar[str] = "CG"
    fused: ClassVar[bool] = True
    ends: ClassVar[dict[int, Status]] = STOPPED

    gtol: Annotated[float, Ge(0)] = 0.0
    c1: Annotated[float, Gt(0), Lt(1)] = 1e-4
    c2: Annotated[float, Gt(0), Lt(1)] = 0.4


@dataclass(frozen=True)
class ScipyBFGS(ScipyMinimize):
    """SciPy's BFGS: a dense inverse, a strong Wolfe search.

    Source: Nocedal & Wright (2006), section 6.1; ``scipy.optimize.minimize(method="BFGS")``.
    """

    method: ClassVar[str] = "BFGS"
    fused: ClassVar[bool] = True
    ends: ClassVar[dict[int, Status]] = STOPPED

    gtol: Annotated[float, Ge(0)] = 0.0
    xrtol: Annotated[float, Ge(0)] = 0.0
    c1: Annotated[float, Gt(0), Lt(1)] = 1e-4
    c2: Annotated[float, Gt(0), Lt(1)] = 0.9


@dataclass(frozen=True)
class ScipyLBFGSB(ScipyMinimize):
    """SciPy's L-BFGS-B: limited memory, bounds, a search by Moré and Thuente.

    Source: Byrd, Lu, Nocedal & Zhu (1995); Morales & Nocedal (2011); ``scipy.optimize.minimize(method="L-BFGS-B")``.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    method: ClassVar[str] = "L-BFGS-B"
    limits: ClassVar[tuple[str, ...]] = ("maxiter", "maxfun")
    fused: ClassVar[bool] = True
    ends: ClassVar[dict[int, Status]] = {1: Status.MAX_ITERATIONS, 2: Status.LINESEARCH_FAILED}

    maxcor: Annotated[int, Ge(1)] = 10
    ftol: Annotated[float, Ge(0)] = 0.0
    gtol: Annotated[float, Ge(0)] = 0.0
    maxls: Annotated[int, Ge(1)] = 20


@dataclass(frozen=True)
class ScipyNewtonCG(ScipyMinimize):
    """SciPy's truncated Newton method, by products with the Hessian and a strong Wolfe search.

    Source: Nocedal & Wright (2006), algorithm 7.1; ``scipy.optimize.minimize(method="Newton-CG")``.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")
    method: ClassVar[str] = "Newton-CG"
    ends: ClassVar[dict[int, Status]] = STOPPED

    xtol: Annotated[float, Ge(0)] = 0.0
    c1: Annotated[float, Gt(0), Lt(1)] = 1e-4
    c2: Annotated[float, Gt(0), Lt(1)] = 0.9


@dataclass(frozen=True)
class ScipyTNC(ScipyMinimize):
    """SciPy's truncated Newton method with bounds; products with the Hessian by differences of gradients.

    Source: Nash (1984); ``scipy.optimize.minimize(method="TNC")``.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    method: ClassVar[str] = "TNC"
    limits: ClassVar[tuple[str, ...]] = ("maxfun",)
    fused: ClassVar[bool] = True

    maxCGit: int = -1  # noqa: N815  SciPy's name
    eta: float = -1.0
    stepmx: Annotated[float, Ge(0)] = 0.0
    accuracy: Annotated[float, Ge(0)] = 0.0
    rescale: float = -1.0
    ftol: Annotated[float, Ge(0)] = 0.0
    xtol: Annotated[float, Ge(0)] = 0.0
    gtol: Annotated[float, Ge(0)] = 0.0


@dataclass(frozen=True)
class ScipySLSQP(ScipyMinimize):
    """SciPy's sequential least-squares quadratic programming, for bounds and constraints.

    What it calls back with is the first trial of an iteration; an iterate is where it asks for the gradient.

    Source: Kraft (1988); ``scipy.optimize.minimize(method="SLSQP")``.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    method: ClassVar[str] = "SLSQP"
    quiet: ClassVar[bool] = True
    ends: ClassVar[dict[int, Status]] = {4: Status.INFEASIBLE, 6: Status.SINGULAR_KKT, 7: Status.SINGULAR_KKT,
                                         8: Status.LINESEARCH_FAILED, 9: Status.MAX_ITERATIONS}  # fmt: skip

    ftol: Annotated[float, Ge(0)] = 0.0

    def given(self, oracle: Window, emit: Callable[[Any], None]) -> dict[str, Any]:
        """Show an iterate with every gradient after the first."""
        seen = 0

        def gradient(x: Array) -> Array:
            nonlocal seen
            g = oracle.gradient(x)
            seen += 1
            if seen > 1:
                emit(x)
            return g

        return super().given(oracle, emit) | {"jac": gradient}

    def callback(self, emit: Callable[[Any], None]) -> None:
        """Return nothing."""


# --- trust regions ------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScipyTrustRegion(ScipyMinimize):
    """A trust-region method of SciPy; an iteration may be a rejected step."""

    abstract: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    ends: ClassVar[dict[int, Status]] = {1: Status.MAX_ITERATIONS, 3: Status.SINGULAR_KKT}

    initial_trust_radius: Annotated[float, Gt(0)] = 1.0
    max_trust_radius: Annotated[float, Gt(0)] = 1000.0
    eta: Annotated[float, Ge(0), Lt(0.25)] = 0.15
    gtol: Annotated[float, Ge(0)] = 0.0


@dataclass(frozen=True)
class ScipyDogleg(ScipyTrustRegion):
    """SciPy's dogleg: a path through the Cauchy point to Newton's step; the Hessian must be positive definite.

    Source: Nocedal & Wright (2006), section 4.1; ``scipy.optimize.minimize(method="dogleg")``.
    """

    method: ClassVar[str] = "dogleg"


@dataclass(frozen=True)
class ScipyTrustExact(ScipyTrustRegion):
    """SciPy's trust region with nearly exact subproblems.

    Source: Conn, Gould & Toint (2000), algorithm 7.3.4; ``scipy.optimize.minimize(method="trust-exact")``.
    """

    method: ClassVar[str] = "trust-exact"


@dataclass(frozen=True)
class ScipyTrustNCG(ScipyTrustRegion):
    """SciPy's trust region with subproblems by Steihaug's conjugate gradients.

    Source: Nocedal & Wright (2006), algorithm 7.2; ``scipy.optimize.minimize(method="trust-ncg")``.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")
    method: ClassVar[str] = "trust-ncg"


@dataclass(frozen=True)
class ScipyTrustKrylov(ScipyTrustRegion):
    """SciPy's trust region with subproblems in a Krylov space.

    Source: Gould, Lucidi, Roma & Toint (1999); ``scipy.optimize.minimize(method="trust-krylov")``.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")
    method: ClassVar[str] = "trust-krylov"

    inexact: bool = True


@dataclass(frozen=True)
class ScipyTrustConstr(ScipyMinimize):
    """SciPy's trust-region interior point method, sequential quadratic programming where there are equalities only.

    The curvature is that of BFGS, for f and for the constraints. An iteration may be a rejected step.

    Source: Byrd, Hribar & Nocedal (1999); Lalee, Nocedal & Plantenga (1998);
    ``scipy.optimize.minimize(method="trust-constr")``.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    method: ClassVar[str] = "trust-constr"
    quiet: ClassVar[bool] = True
    ends: ClassVar[dict[int, Status]] = {0: Status.MAX_ITERATIONS}

    gtol: Annotated[float, Ge(0)] = 0.0
    xtol: Annotated[float, Ge(0)] = 0.0
    barrier_tol: Annotated[float, Ge(0)] = 0.0
    initial_constr_penalty: Annotated[float, Gt(0)] = 1.0
    initial_tr_radius: Annotated[float, Gt(0)] = 1.0
    initial_barrier_parameter: Annotated[float, Gt(0)] = 0.1
    initial_barrier_tolerance: Annotated[float, Gt(0)] = 0.1

    def callback(self, emit: Callable[[Any], None]) -> Callable[..., None]:
        """Leave out the first call, which is about the start."""
        calls = 0

        def show(x: Array, *_rest: Any) -> None:
            nonlocal calls
            calls += 1
            if calls > 1:
                emit(x)

        return show


# --- without derivatives ------------------------------------------------------------------------


@dataclass(frozen=True)
class ScipyDerivativeFree(ScipyMinimize):
    """A method of SciPy that asks for f only; ∇f at its iterates is for our stop rules, and not counted."""

    abstract: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("foreign", "derivative_free")


@dataclass(frozen=True)
class ScipyNelderMead(ScipyDerivativeFree):
    """SciPy's simplex method; an iterate is the best vertex.

    Source: Nelder & Mead (1965); Gao & Han (2012) for `adaptive`; ``scipy.optimize.minimize(method="Nelder-Mead")``.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    method: ClassVar[str] = "Nelder-Mead"
    limits: ClassVar[tuple[str, ...]] = ("maxiter", "maxfev")

    xatol: Annotated[float, Ge(0)] = 0.0
    fatol: Annotated[float, Ge(0)] = 0.0
    adaptive: bool = False


@dataclass(frozen=True)
class ScipyPowell(ScipyDerivativeFree):
    """SciPy's conjugate directions; an iteration is a search along each. `xtol` is that of the searches.

    Source: Powell (1964); ``scipy.optimize.minimize(method="Powell")``.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    method: ClassVar[str] = "Powell"
    limits: ClassVar[tuple[str, ...]] = ("maxiter", "maxfev")

    xtol: Annotated[float, Ge(0)] = 1e-4
    ftol: Annotated[float, Ge(0)] = 0.0


@dataclass(frozen=True)
class ScipyCOBYLA(ScipyDerivativeFree):
    """SciPy's linear models on a simplex, for bounds and constraints.

    Source: Powell (1994); Zhang (2023); ``scipy.optimize.minimize(method="COBYLA")``.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    method: ClassVar[str] = "COBYLA"

    rhobeg: Annotated[float, Gt(0)] = 1.0
    tol: Annotated[float, Gt(0)] = 1e-15
    catol: Annotated[float, Ge(0)] = 0.0


ONE_COBYQA = Lock()


@dataclass(frozen=True)
class ScipyCOBYQA(ScipyDerivativeFree):
    """SciPy's quadratic models without derivatives, for bounds and constraints; one run at a time in a process.

    Source: Ragonneau (2022); ``scipy.optimize.minimize(method="COBYQA")``, which holds a lock while it runs.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    method: ClassVar[str] = "COBYQA"
    limits: ClassVar[tuple[str, ...]] = ("maxiter", "maxfev")

    initial_tr_radius: Annotated[float, Gt(0)] = 1.0
    final_tr_radius: Annotated[float, Gt(0)] = 1e-15
    feasibility_tol: Annotated[float, Ge(0)] = 1e-8
    scale: bool = False

    def solve(self, oracle: Window, x0: Array, emit: Callable[[Any], None]) -> Ending:
        """Refuse to wait for another run of this process, which may be waiting itself."""
        if not ONE_COBYQA.acquire(blocking=False):
            msg = "SciPy runs one COBYQA at a time in a process, and another run of it is under way"
            raise InputError(msg)
        try:
            return super().solve(oracle, x0, emit)
        finally:
            ONE_COBYQA.release()

"""IPOPT, as casadi carries it, on our derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt

from optlab.core.foreign import Ending, ForeignOptimizer, Window
from optlab.core.problem import Array
from optlab.core.status import Status

ENDS = {
    "Maximum_Iterations_Exceeded": Status.MAX_ITERATIONS,
    "Infeasible_Problem_Detected": Status.INFEASIBLE,
    "Restoration_Failed": Status.LINESEARCH_FAILED,
    "Diverging_Iterates": Status.DIVERGED,
    "Invalid_Number_Detected": Status.NONFINITE,
}
QUIET = {"print_time": False, "show_eval_warnings": False, "ipopt.print_level": 0, "ipopt.sb": "yes"}
NO_LIMIT = 1_000_000_000


@dataclass(frozen=True)
class IpoptBase(ForeignOptimizer):
    """IPOPT; its bounds are not relaxed, so that an iterate is within them.

    Parameters
    ----------
    tol : float
        All its tolerances; its barrier parameter goes about as low.
    mu_strategy : str
        "monotone" or "adaptive".
    """

    abstract: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("foreign",)
    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    package: ClassVar[str] = "casadi"
    extra: ClassVar[str] = "solvers"

    tol: Annotated[float, Gt(0)] = 1e-16
    mu_strategy: str = "monotone"

    def solve(self, oracle: Window, x0: Array, emit: Callable[[Any], None]) -> Ending:
        """Hand casadi the functions and derivatives it would otherwise derive, and run IPOPT."""
        import casadi

        nlp = _Problem(casadi, oracle, x0)
        x = casadi.MX.sym("x", oracle.n)
        shown = nlp.iterates(x0, emit)
        options = {
            **QUIET, "no_nlp_grad": True, "calc_lam_p": False, "grad_f": nlp.gradient(), "iteration_callback": shown,
            "ipopt.max_iter": NO_LIMIT, "ipopt.acceptable_iter": 0, "ipopt.bound_relax_factor": 0.0,
            "ipopt.mu_strategy": self.mu_strategy,
            **{f"ipopt.{name}tol": self.tol for name in ("", "dual_inf_", "constr_viol_", "compl_inf_")},
        }  # fmt: skip
        terms = {"x": x, "f": nlp.value()(x)}
        if nlp.rows:
            terms["g"] = nlp.constraints()(x)
            options["jac_g"] = nlp.jacobian()
        if "lagrangian_hessian" in self.needs:
            options["hess_lag"] = nlp.hessian()
        else:
            options["ipopt.hessian_approximation"] = "limited-memory"
        solver = casadi.nlpsol("ipopt", "ipopt", terms, options)
        lo, hi = oracle.bounds or (-np.inf, np.inf)
        result = solver(x0=x0, lbx=lo, ubx=hi, lbg=nlp.lower, ubg=np.zeros(nlp.rows))
        if nlp.error is not None:
            raise nlp.error
        says = str(solver.stats()["return_status"])
        return Ending(bool(solver.stats()["success"]), says, np.array(result["x"]), ENDS.get(says, Status.STALLED))


@dataclass(frozen=True)
class Ipopt(IpoptBase):
    """IPOPT with the exact Hessian of the Lagrangian: an interior point method with a filter.

    Source: Wächter & Biegler (2006).
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "lagrangian_hessian")


@dataclass(frozen=True)
class IpoptLBFGS(IpoptBase):
    """IPOPT with a limited-memory approximation of the Hessian of the Lagrangian.

    Source: Wächter & Biegler (2006).
    """


class _Problem:
    """The oracle's functions as casadi callbacks: equalities before inequalities, L = λ_f f + λᵀc."""

    def __init__(self, casadi: Any, oracle: Window, x0: Array) -> None:
        self.casadi, self.oracle = casadi, oracle
        self.alive: list[Any] = []
        self.error: BaseException | None = None
        self.kinds = [kind for kind in ("equality", "inequality") if kind in oracle.constrained]
        sizes = {kind: getattr(oracle, kind)(x0).size for kind in self.kinds}
        self.equalities, self.rows = sizes.get("equality", 0), sum(sizes.values())
        self.lower = np.where(np.arange(self.rows) < self.equalities, 0.0, -np.inf)
        dense = casadi.Sparsity.dense
        self.x, self.p, self.one = dense(oracle.n, 1), dense(0, 1), dense(1, 1)
        self.c, self.J = dense(self.rows, 1), dense(self.rows, oracle.n)

    def value(self) -> Any:
        return self._callback("f", [self.x], [self.one], lambda x: [self.oracle.value(x)])

    def gradient(self) -> Any:
        return self._callback("grad_f", [self.x, self.p], [self.one, self.x],
                              lambda x, _p: list(self.oracle.value_and_gradient(x)))  # fmt: skip

    def constraints(self) -> Any:
        return self._callback("g", [self.x], [self.c], lambda x: [self._stacked(x)])

    def jacobian(self) -> Any:
        return self._callback("jac_g", [self.x, self.p], [self.c, self.J],
                              lambda x, _p: [self._stacked(x), self._stacked(x, "_jacobian")])  # fmt: skip

    def hessian(self) -> Any:
        triangle = self.casadi.Sparsity.upper(self.oracle.n)
        entries = np.tril_indices(self.oracle.n)  # of a symmetric matrix: its upper triangle, column by column

        def upper(x: Array, _p: Array, weight: Array, lam: Array) -> list[Any]:
            return [self.casadi.DM(triangle, self._curvature(x, float(weight[0]), lam)[entries])]

        return self._callback("hess_lag", [self.x, self.p, self.one, self.c], [triangle], upper)

    def iterates(self, x0: Array, emit: Callable[[Any], None]) -> Any:
        """Show every iterate after the start, which IPOPT may move away from the bounds."""
        first = True

        def show(x: Array, *_rest: Array) -> list[int]:
            nonlocal first
            if not (first and np.array_equal(x, x0)):
                emit(x)
            first = False
            return [0]

        return self._callback("shown", [self.x, self.one, self.c, self.x, self.c, self.p], [self.one], show)

    def _stacked(self, x: Array, suffix: str = "") -> Array:
        return np.concatenate([getattr(self.oracle, kind + suffix)(x) for kind in self.kinds])

    def _curvature(self, x: Array, weight: float, lam: Array) -> Array:
        nu, lam = lam[: self.equalities], lam[self.equalities :]
        if weight:
            return weight * self.oracle.lagrangian_hessian(x, lam / weight, nu / weight)
        none = np.zeros_like(lam), np.zeros_like(nu)  # its search for a feasible point leaves f out
        return self.oracle.lagrangian_hessian(x, lam, nu) - self.oracle.lagrangian_hessian(x, *none)

    def _callback(self, name: str, given: Sequence[Any], returned: Sequence[Any], function: Callable[..., Any]) -> Any:
        """Make a casadi function of a Python function of flat arrays."""

        class Called(self.casadi.Callback):  # type: ignore[name-defined, misc]
            def __init__(self) -> None:
                super().__init__()
                self.construct(name)

            def get_n_in(self) -> int:
                return len(given)

            def get_n_out(self) -> int:
                return len(returned)

            def get_sparsity_in(self, i: int) -> Any:
                return given[i]

            def get_sparsity_out(self, i: int) -> Any:
                return returned[i]

            def eval(self, arguments: Any) -> Any:
                try:
                    if outer.error is None:
                        return function(*(np.array(a).ravel() for a in arguments))
                except BaseException as error:  # casadi would print it and go on
                    outer.error = error
                return [casadi.DM(sparsity, np.nan) for sparsity in returned]

        outer, casadi = self, self.casadi
        made = Called()
        self.alive.append(made)  # casadi does not keep it
        return made

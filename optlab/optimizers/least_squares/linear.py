"""The four ways to a linear least-squares problem, each one step: what the text compares."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.squares import Squares, SumOfSquares
from optlab.core.status import Halt, Status
from optlab.kernels.least_squares import by_lstsq, by_normal_equations, by_qr, by_svd

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class OneSolve(Optimizer):
    """x + argmin ‖r + Jp‖ for residuals that are linear, r = Ax − b.

    J is evaluated once. A further step is one of iterative refinement: the same way, for the residuals that the last
    one left. After the steps asked for the run ends, CONVERGED where that is the verdict, otherwise STALLED.

    Parameters
    ----------
    refinements : int
        Steps after the first.
    """

    abstract: ClassVar[bool] = True

    refinements: Annotated[int, Ge(0)] = 0

    @abstractmethod
    def solve(self, A: Array, b: Array) -> Array | None:
        """Return argmin ‖Ax − b‖, or None where this way does not get there."""

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate r and J at the start."""
        view, squares = SumOfSquares.at(oracle, x0)
        return State(x0, view.value(x0), view.gradient(x0), memory=squares)

    def step(self, oracle: Oracle, state: State) -> State:
        """Solve for the step, and evaluate r at its end; J is the same everywhere."""
        c, r, J = state.memory
        if state.k > self.refinements:
            raise Halt(Status.STALLED, f"after {state.k} of {self.refinements + 1} steps this way is at its end")
        p = self.solve(J, -r)
        if p is None:
            m, n = J.shape
            raise Halt(Status.SINGULAR_KKT, f"the {m} × {n} matrix is singular to the precision of this way")
        x = state.x + p
        r = SumOfSquares(oracle, c).residuals(x)
        g = (2.0 * c) * (r @ J)
        g.setflags(write=False)
        return state.at(x, c * float(r.dot(r)), g, step_size=1.0, direction=p, memory=Squares(c, r, J))


@dataclass(frozen=True)
class NormalEquations(OneSolve):
    """AᵀAx = Aᵀb by Cholesky: cheapest, and unstable.

    The condition number is squared: x has lost twice as many digits as κ(A) has, all of them at 10⁸, where Cholesky
    often breaks down and the run ends as SINGULAR_KKT.
    Source: Higham (2002), section 20.4; Golub & Van Loan (2013), algorithm 5.3.1.
    """

    needs: ClassVar[tuple[str, ...]] = ("quadratic", "residuals", "jacobian")
    properties: ClassVar[tuple[str, ...]] = (
        "gauss_newton",
        "f_homogeneous",
        "x_homogeneous",
        "permutation",
        "translation",
    )

    def solve(self, A: Array, b: Array) -> Array | None:
        """Return the solution of AᵀAx = Aᵀb."""
        return by_normal_equations(A, b)


@dataclass(frozen=True)
class QR(OneSolve):
    """Rx = Qᵀb, A = QR by Householder reflections: backward stable, for A of full column rank.

    Source: Golub & Van Loan (2013), algorithm 5.3.2; Higham (2002), theorem 20.3.
    """

    needs: ClassVar[tuple[str, ...]] = ("quadratic", "residuals", "jacobian")
    properties: ClassVar[tuple[str, ...]] = ("gauss_newton", "f_homogeneous", "x_homogeneous", "rotation")

    def solve(self, A: Array, b: Array) -> Array | None:
        """Return R⁻¹Qᵀb."""
        return by_qr(A, b)


@dataclass(frozen=True)
class SVD(OneSolve):
    """x = V Σ⁺ Uᵀb, A = UΣVᵀ: backward stable, and the shortest step where the rank is not full.

    Source: Golub & Van Loan (2013), section 5.5.1.

    Parameters
    ----------
    rcond : float, optional
        Singular values up to this part of the greatest count as zero; by default eps · max(m, n).
    """

    needs: ClassVar[tuple[str, ...]] = ("quadratic", "residuals", "jacobian")
    properties: ClassVar[tuple[str, ...]] = ("gauss_newton", "f_homogeneous", "x_homogeneous", "rotation")

    rcond: Annotated[float, Ge(0), Lt(1)] | None = None

    def solve(self, A: Array, b: Array) -> Array | None:
        """Return VΣ⁺Uᵀb."""
        return by_svd(A, b, self.rcond)


@dataclass(frozen=True)
class Lstsq(OneSolve):
    """The library's own routine, numpy.linalg.lstsq: LAPACK's SVD by divide and conquer, and the shortest step.

    Source: Anderson et al. (1999), LAPACK Users' Guide, xGELSD.

    Parameters
    ----------
    rcond : float, optional
        Singular values up to this part of the greatest count as zero; by default eps · max(m, n).
    """

    needs: ClassVar[tuple[str, ...]] = ("quadratic", "residuals", "jacobian")
    properties: ClassVar[tuple[str, ...]] = ("gauss_newton", "f_homogeneous", "x_homogeneous", "rotation")

    rcond: Annotated[float, Ge(0), Lt(1)] | None = None

    def solve(self, A: Array, b: Array) -> Array | None:
        """Return numpy's solution."""
        return by_lstsq(A, b, self.rcond)

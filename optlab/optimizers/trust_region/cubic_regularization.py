"""Adaptive cubic regularization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Gt, Lt

from optlab.core.optimizer import NAN, Optimizer, State
from optlab.core.status import Halt, Status
from optlab.core.trust_region import EXPANSIONS, attempt
from optlab.kernels.euclidean import norm
from optlab.kernels.limits import Penalty
from optlab.kernels.narrow import eps
from optlab.kernels.secular import Factored, exact_step, factored, newton_length

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

FIRST = 0.1
"""At first the force of the penalty, σ‖p‖², is this part of ‖∇f‖ at the length of Newton's step."""
GROWS = 2.0
"""A step this many times as long as the last one counts as an enlargement."""


@dataclass(frozen=True)
class CubicState(State):
    """A state that also knows the weight of the cubic term.

    Attributes
    ----------
    sigma : float
        σ for the next step, in the units of f/x³; NaN until the first model.
    rho : float
        The actual over the predicted decrease of the last step, rejected or not; NaN where a trial was not finite.
    expansions : int
        How many times in a row the step has just been twice as long as the last one, or longer.
    """

    sigma: float = NAN
    rho: float = NAN
    expansions: int = 0

    recorded: ClassVar[tuple[str, ...]] = ("sigma", "rho")


@dataclass(frozen=True)
class CubicRegularization(Optimizer):
    """Minimize f's quadratic model plus ⅓σ‖p‖³ globally: an upper bound on f where 2σ is a Lipschitz constant of H.

    The step fulfils (H + λI)p = −g with λ = σ‖p‖ and H + λI ⪰ 0; in the hard case the eigenvector of the least
    eigenvalue joins in, so that a start exactly on the stable manifold of a saddle is no trap. σ rises fast after a
    step that the outcome refutes, since each costs an f, and falls slowly after very good ones. A factor of 10 in σ
    is one of about 3 in the length of a step, where H is small, and of 10 where H is negative.
    Source: Cartis, Gould & Toint (2011), algorithm 2.1; Nesterov & Polyak (2006).

    Parameters
    ----------
    sigma : float, optional
        The first σ, in the units of f/x³; by default such that the penalty's force at the length of Newton's step
        (Cauchy's where H is not positive definite) is a tenth of ‖∇f‖.
    accept : float
        A step is taken when ρ is at least this.
    good : float
        Above it σ is lowered.
    raised, lowered : float
        By these factors.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    properties: ClassVar[tuple[str, ...]] = (
        "safeguarded",
        "rotation",
        "monotone",
        "f_homogeneous",
        "x_homogeneous",
        "escapes_saddle",
    )

    sigma: Annotated[float, Gt(0)] | None = None
    accept: Annotated[float, Gt(0), Lt(1)] = 0.1
    good: Annotated[float, Gt(0), Lt(1)] = 0.9
    raised: Annotated[float, Gt(1)] = 10.0
    lowered: Annotated[float, Gt(0), Lt(1)] = 0.25

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start."""
        f, g = oracle.value_and_gradient(x0)
        return CubicState(x0, f, g, sigma=NAN if self.sigma is None else self.sigma)

    def step(self, oracle: Oracle, state: State) -> State:
        """Try the minimizer of the cubic model; take it, or raise σ."""
        assert isinstance(state, CubicState)
        model: Factored = factored(oracle.hessian(state.x)) if state.memory is None else state.memory
        sigma = state.sigma if state.sigma > 0 else first_weight(model, state.g)
        step = exact_step(model, state.g, Penalty(sigma))
        trial = attempt(oracle, state, step, self.accept)
        if trial.g is None:
            return state.stayed(memory=model, sigma=self.raised * sigma, rho=trial.rho, expansions=0)
        good, size = trial.rho > self.good, norm(step.p)
        if good:
            sigma = max(self.lowered * sigma, min(sigma, eps(state.x) * step.predicted / size / size / size))
        longer = good and state.direction is not None and size >= GROWS * norm(state.direction)
        expansions = state.expansions + 1 if longer else 0
        if expansions > EXPANSIONS:
            note = f"f = {state.f:.6g} still falls as its model says, by steps doubled {EXPANSIONS} times in a row"
            raise Halt(Status.UNBOUNDED, note)
        return state.at(
            trial.x, trial.f, trial.g, step_size=1.0, direction=step.p, memory=None, sigma=sigma, rho=trial.rho,
            expansions=expansions,
        )  # fmt: skip


def first_weight(model: Factored, g: Array) -> float:
    """Return σ = FIRST · ‖g‖/‖p‖², p being Newton's step, or Cauchy's where H is not positive definite."""
    size = newton_length(model, g)
    return FIRST * norm(g) / size / size

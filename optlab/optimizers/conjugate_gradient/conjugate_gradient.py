"""Nonlinear conjugate gradients."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from annotated_types import Ge, Gt, Lt

from optlab.core.descent import DescentState, LineSearchOptimizer
from optlab.kernels.conjugate_gradient import BETAS
from optlab.kernels.narrow import PRECISIONS
from optlab.linesearch.base import LineSearch
from optlab.linesearch.initial import SameChange
from optlab.linesearch.strong_wolfe import StrongWolfe

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


class Turn(NamedTuple):
    """The next direction, shape (n,), and the β in it."""

    direction: Array
    beta: float


@dataclass(frozen=True)
class ConjugateGradientState(DescentState):
    """A state that shows β of d = −g + βd₋, the direction that leaves x; 0 where the method restarts from −g."""

    recorded: ClassVar[tuple[str, ...]] = ("beta",)

    @property
    def beta(self) -> float:
        """β of the direction that leaves x."""
        return self.memory.beta if self.memory else 0.0


@dataclass(frozen=True)
class ConjugateGradient(LineSearchOptimizer):
    """d = −g + βd₋: the last direction corrects the gradient, so that the curvature along it is not lost.

    Four vectors are all it needs. On a quadratic with exact steps every formula for β is the same, and the method ends
    in as many steps as there are distinct eigenvalues; elsewhere the formulas differ in what a poor step does to the
    next ones. It starts again from −g, which is no failure and not counted in `restarts`, where consecutive gradients
    are far from orthogonal (Powell's test), where d does not descend as it should, and where β is no number.
    Source: Nocedal & Wright (2006), section 5.2, with algorithm 5.4 and the restart of equation 5.52; Powell (1977),
    Restart procedures for the conjugate gradient method.

    Parameters
    ----------
    beta : str
        The formula for β, a name of `optlab.kernels.conjugate_gradient`.
    powell : float, optional
        ν: restart where |gᵀg₋| ≥ ν‖g‖²; None for never.
    descent : float
        σ: restart where gᵀd ≥ −σ‖g‖².
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = (
        "conjugate_gradient",
        "line_search",
        "monotone",
        "f_homogeneous",
        "rotation",
    )

    search: LineSearch = StrongWolfe(c2=0.1)  # noqa: RUF009  frozen
    beta: Literal[
        "fletcher_reeves", "polak_ribiere", "hestenes_stiefel", "dai_yuan", "gilbert_nocedal", "dai_yuan_hybrid",
        "hager_zhang", "dai_kou",
    ] = "hestenes_stiefel"  # fmt: skip
    powell: Annotated[float, Gt(0)] | None = 0.2
    descent: Annotated[float, Ge(0), Lt(1)] = 0.01

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start."""
        f, g = oracle.value_and_gradient(x0)
        return ConjugateGradientState(x0, f, g)

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−g + βd₋; −g at the start and after a restart."""
        return -state.g if state.memory is None else state.memory.direction

    def first_step(self, state: State, direction: Array) -> float:
        """Return the length that promises the same change of f as the last step did."""
        return SameChange().length(state, direction)

    def remember(self, old: State, new: State) -> Turn | None:
        """Build the next direction; None where it is −g."""
        g, d = new.g, new.direction
        assert d is not None
        squared = float(g.dot(g))
        if self.powell is not None and not abs(float(g.dot(old.g))) < self.powell * squared:
            return None
        beta = BETAS[self.beta](d, old.g, g)
        if beta == 0 or not isfinite(beta):
            return None
        turned = beta * d - g
        return Turn(turned, beta) if float(g.dot(turned)) < -self.descent * squared else None

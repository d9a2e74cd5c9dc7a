"""Gradient descent with Polyak's step."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, ClassVar, NamedTuple

from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.status import Halt, Status
from optlab.kernels.euclidean import norm
from optlab.kernels.narrow import PRECISIONS, eps
from optlab.kernels.norms import max_abs

REACHED = 0.5
"""An estimate counts as reached when f has come down this part of the way: steps towards it alone never arrive."""

FAR = 1e3
"""A step after which f has risen so many times as far as it was to fall is not taken; the estimate is given up."""


class Point(NamedTuple):
    """A point that was evaluated."""

    x: Array
    f: float
    g: Array


class Memory(NamedTuple):
    """The best point so far; f at the last one the estimate was made from, δ, and how many steps ago; how it goes on.

    `back`: the next step is taken from the best point. `part`: by how much steps are shortened.
    """

    best: Point
    f: float
    delta: float
    steps: int = 0
    back: bool = False
    part: float = 1.0


@dataclass(frozen=True)
class Polyak(Optimizer):
    """Move against the gradient by (f(x) − target)/‖∇f(x)‖²: where the linear model reaches the target.

    With the target f* the distance to every minimizer of a convex f falls at every step, and no constant of f is
    needed. Without a target it is estimated: the least value so far, minus δ. Where f does not come down to it within
    `patience` steps, δ is multiplied by `less`, and the next step is taken from the best point; where it does in half
    as many, δ is multiplied by `more`. f is not monotone. A target below the infimum makes steps that never become
    short. f* is never read from the problem.
    Source: Polyak (1969), Minimization of unsmooth functionals; Sherali, Choi & Tuncbilek (2000), A variable target
    value method for nondifferentiable optimization, for the estimate;
    Goffin & Kiwiel (1999), Convergence of a simple subgradient level method, for when it counts as reached.

    Parameters
    ----------
    target : float, optional
        f*, or the value to go for; the run ends as ACCEPTABLE where f has come down to it short of the tolerance.
    relaxation : float
        γ, a factor of the step.
    patience : int
        How many steps an estimate is given.
    more, less : float
        How δ grows and falls.
    first : float
        Length of the first step without a target, in the units of x.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("f_homogeneous", "rotation", "safeguarded")

    target: float | None = None
    relaxation: Annotated[float, Gt(0), Lt(2)] = 1.0
    patience: Annotated[int, Ge(2)] = 20
    more: Annotated[float, Ge(1)] = 2.0
    less: Annotated[float, Gt(0), Lt(1)] = 0.5
    first: Annotated[float, Gt(0)] = 1.0

    def step(self, oracle: Oracle, state: State) -> State:
        """Return x − γ(f − target)/‖g‖² · g, or stay where f or ∇f is not finite there, or f far above."""
        here = Point(state.x, state.f, state.g)
        memory = state.memory or Memory(here, state.f, self.first * norm(state.g))
        start = memory.best if memory.back and memory.best.f < here.f and self.target is None else here
        gap = (start.f - memory.f) + memory.delta if self.target is None else start.f - self.target
        if self.target is not None and not gap > 0:
            raise Halt(Status.ACCEPTABLE, f"f = {start.f:.6g} has come down to the target {self.target:.6g}")
        length = norm(start.g)
        alpha = self.relaxation * memory.part * gap / length / length if length > 0 else 0.0
        x = start.x - alpha * start.g
        if not alpha > 0 or (x == start.x).all():
            raise Halt(Status.STALLED, f"the step of {alpha:.1e} moves x by less than rounding (f = {start.f:.6g})")
        f, g = oracle.value_and_gradient(x)
        if not (isfinite(f) and isfinite(max_abs(g))):
            if memory.part < eps(x):
                raise Halt(Status.NONFINITE, f"f or its gradient is not finite after a step of {alpha:.1e} (f = {f})")
            return state.stayed(memory=self._too_bold(memory)._replace(part=0.5 * memory.part))
        if self.target is None and f - memory.f > FAR * memory.delta:
            return state.stayed(memory=self._too_bold(memory))
        direction = -start.g if start is here else (x - state.x) / alpha
        return state.at(x, f, g, step_size=alpha, direction=direction, memory=self._next(memory, Point(x, f, g)))

    def _next(self, memory: Memory, new: Point) -> Memory:
        """Return the memory after a step: the estimate was too modest, or too bold, or goes on."""
        best, delta, steps = new if new.f < memory.best.f else memory.best, memory.delta, memory.steps + 1
        if best.f - memory.f <= -REACHED * delta:
            return Memory(best, best.f, delta * self.more if 2 * steps <= self.patience else delta)
        if steps < self.patience:
            return Memory(best, memory.f, delta, steps)
        return self._too_bold(memory._replace(best=best))

    def _too_bold(self, memory: Memory) -> Memory:
        """Return the memory with a new estimate nearer to the best value, from whose point the next step is taken."""
        return Memory(memory.best, memory.best.f, self.less * memory.delta, back=True)

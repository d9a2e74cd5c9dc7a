"""The approximate Wolfe conditions, by the search of Hager and Zhang.

Source: Hager & Zhang (2005), A new conjugate gradient method with guaranteed descent and an efficient line search,
SIAM J. Optim. 16, section 4; Hager & Zhang (2006), Algorithm 851, ACM TOMS 32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from annotated_types import Ge, Gt, Lt

from optlab.linesearch.base import NAN, Line, LineSearch, Trial, falls_forever, quadratic_minimizer, secant, unbounded
from optlab.linesearch.conditions import approximate_wolfe, better_fallback, falls_on, is_rough, roughness, weak_wolfe


class Average(NamedTuple):
    """C, a mean of |f| that forgets, its weight Q, and whether f has come to change by little."""

    C: float
    Q: float
    settled: bool


@dataclass(frozen=True)
class HagerZhang(LineSearch):
    """The Wolfe conditions, or φ(α) ≤ φ(0) + εC and (2δ − 1)φ′(0) ≥ φ′(α) ≥ σφ′(0), whichever is met first.

    Near a minimum f is flat to rounding while slopes still tell: the second test looks at them alone. It counts once
    a step has changed f by less than ωC, and wherever f changes by rounding; f may then rise, by εC at most.
    C is the mean of the last |f|. Every interval has a falling slope at its lower end and a rising one at its upper
    end; two secants shrink it, then bisection if they leave more than γ. A trial that is not finite is bisected
    away. When neither test can be met, the best point that decreases f enough is returned.

    Parameters
    ----------
    c1, c2 : float
        δ and σ, the constants of sufficient decrease and of curvature.
    epsilon : float
        How much of C f may rise.
    theta : float
        Where a point that is too high is bisected, as a fraction of the interval.
    gamma : float
        Two secants that leave more than this fraction of an interval are followed by a bisection.
    growth : float
        ρ, by what a trial is multiplied while f falls.
    memory : float
        Δ, the weight of the past in C.
    settle : float
        ω: f has settled once a step changes it by less than this fraction of C.
    extrapolations, trials : int
        Most trials while f falls, and altogether; when f still falls after the first, it counts as unbounded.
    """

    c1: Annotated[float, Gt(0), Lt(0.5)] = 0.1
    c2: Annotated[float, Gt(0), Lt(1)] = 0.9
    epsilon: Annotated[float, Ge(0)] = 1e-6
    theta: Annotated[float, Gt(0), Lt(1)] = 0.5
    gamma: Annotated[float, Gt(0), Lt(1)] = 0.66
    growth: Annotated[float, Gt(1)] = 5.0
    memory: Annotated[float, Ge(0), Lt(1)] = 0.7
    settle: Annotated[float, Ge(0)] = 1e-3
    extrapolations: Annotated[int, Ge(1)] = 30
    trials: Annotated[int, Ge(1)] = 70

    def search(self, phi: Line, first: float) -> Trial | None:
        """Bracket a minimum, then shrink the bracket (line search algorithm L0 to L3)."""
        bracket = _Bracket(self, phi)
        bracket.find(first)
        while bracket.open:
            bracket.shrink()
        return bracket.accepted or bracket.best

    def watch(self, watched: Any, before: float, after: float) -> Average:
        """Return C, Q and whether f has settled (2006, equation 2.4 and section 2)."""
        old = watched or Average(0.0, 0.0, False)
        Q = 1.0 + self.memory * old.Q
        C = old.C + (abs(after) - old.C) / Q
        return Average(C, Q, old.settled or abs(after - before) <= self.settle * C)

    def reference(self, watched: Any, f: float) -> float:
        """Return the value that f may rise to, f until it has settled."""
        return f + self.epsilon * watched.C if watched.settled else f


class _Bracket:
    """One search at work: φ′(low) < 0, φ(low) ≤ φ(0) + εC and, once there is a `high`, φ′(high) ≥ 0.

    `accepted` is a trial that meets the conditions, `best` the lowest of those that decrease f enough.
    """

    def __init__(self, rule: HagerZhang, phi: Line) -> None:
        self.rule, self.phi = rule, phi
        self.limit = max(phi.reference, phi.f0 + roughness(phi.x) * abs(phi.f0))
        self.low, self.high = phi.origin(), phi.origin()
        self.accepted: Trial | None = None
        self.best: Trial | None = None
        self.left = rule.trials

    @property
    def open(self) -> bool:
        """Whether the search goes on: nothing accepted yet, trials left, and numbers between the two ends."""
        middle = 0.5 * (self.low.alpha + self.high.alpha)
        return self.accepted is None and self.left > 0 and self.low.alpha < middle < self.high.alpha

    def evaluate(self, alpha: float) -> Trial:
        """Evaluate φ and φ′, and see whether the search ends there."""
        rule, phi = self.rule, self.phi
        trial = phi(alpha)
        self.left -= 1
        if falls_forever(trial):
            unbounded(phi, trial)
        settled = phi.f0 < phi.reference and trial.f <= phi.reference
        if weak_wolfe(phi, trial, rule.c1, rule.c2) or (settled and approximate_wolfe(phi, trial, rule.c1, rule.c2)):
            self.accepted = trial
        else:
            self.best = better_fallback(phi, self.best, trial, rule.c1, rule.c2)
        return trial

    def find(self, first: float) -> None:
        """Lengthen the step until there is an upper end (steps B0 to B3)."""
        alpha = first
        for _ in range(self.rule.extrapolations):
            trial = self.evaluate(alpha)
            if self.accepted or self._place(trial):
                return
            alpha *= self.rule.growth
        if falls_on(self.phi, self.low, self.rule.c1):
            unbounded(self.phi, self.low)

    def shrink(self) -> None:
        """Take two secants, and bisect where they do not shrink the bracket enough (S1 to S4, L2)."""
        low, high = self.low, self.high
        trial = self._update(secant(low, high))
        if trial is not None and (trial is self.low or trial is self.high):
            self._update(secant(low if trial is self.low else high, trial))
        if self.high.alpha - self.low.alpha > self.rule.gamma * (high.alpha - low.alpha):
            self._update(0.5 * (self.low.alpha + self.high.alpha))

    def _update(self, alpha: float) -> Trial | None:
        """Evaluate inside the bracket and let the trial replace an end (U0 to U2)."""
        if self.accepted or not self.low.alpha < alpha < self.high.alpha:
            return None
        trial = self.evaluate(alpha)
        if not self.accepted:
            self._place(trial)
        return trial

    def _place(self, trial: Trial) -> bool:
        """Let a trial replace the end that it resembles; whether an upper end was found."""
        if self._is_too_far(trial):
            self._bisect(trial)
        elif trial.slope >= 0:
            self.high = trial
        else:
            self.low = trial
            return False
        return True

    def _is_too_far(self, trial: Trial) -> bool:
        """Whether the trial is beyond an upper end though f falls there, or not finite.

        It is where f is too high, and where f is so flat that the slope suffices and the decrease does not: on the
        way to an asymptote slopes alone would never turn back.
        """
        if not trial.finite or trial.slope >= 0:
            return not trial.finite
        rule, phi = self.rule, self.phi
        enough = trial.f <= phi.f0 + rule.c1 * trial.alpha * phi.slope or is_rough(phi.origin(), trial)
        return trial.f > self.limit or (trial.slope >= rule.c2 * phi.slope and not enough)

    def _bisect(self, far: Trial) -> None:
        """Find an upper end between `low` and a point that is too far (U3); far out a parabola shortens the way."""
        theta = self.rule.theta
        while self.left > 0:
            alpha = (1.0 - theta) * self.low.alpha + theta * far.alpha
            guess = quadratic_minimizer(self.low, far) if far.finite else NAN
            alpha = guess if self.low.alpha < guess < alpha else alpha
            if not self.low.alpha < alpha < far.alpha:
                return
            trial = self.evaluate(alpha)
            if self.accepted:
                return
            if trial.finite and trial.slope >= 0:
                self.high = trial
                return
            if self._is_too_far(trial):
                far = trial
            else:
                self.low = trial

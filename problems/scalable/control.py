"""Optimal control of a second-order system, by its positions at equal steps of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts
from optlab_problems.forms.elements import Indices
from optlab_problems.scalable.products import POLISHED, Products, band, minimum_near


@dataclass(frozen=True)
class SecondOrderControl(Products):
    """½h Σ (p² + v² + ρu²) where p′ = v and v′ = F(p, v) + u, by Euler's method from p = 1, v = 0.

    The control is eliminated: it is what makes the positions x = (p₂, …, p_{n+1}) happen. A subclass says what F is.

    Attributes
    ----------
    n : int
        Number of positions that are free, and of controls.
    step : float
        h, the step of time; the horizon is nh, so that the conditioning does not depend on n.
    effort : float
        ρ, the weight of the control.
    """

    abstract: ClassVar[bool] = True

    n: Annotated[int, Ge(1)] = 100
    step: Annotated[float, Gt(0)] = 0.1
    effort: Annotated[float, Gt(0)] = 0.1

    def force(self, p: Any, v: Any) -> tuple[Any, Any, Any, Any, Any]:
        """F and its derivatives by p, v, pp and pv; that by vv is 0."""
        raise NotImplementedError

    @cached_property
    def _framed(self) -> tuple[Indices, Array]:
        """Of the n + 2 positions: indices into x, and 1.0 for the free ones."""
        free = np.ones(self.n + 2)
        free[:2] = 0.0
        return np.maximum(np.arange(self.n + 2) - 2, 0), free

    def _positions(self, x: Any) -> Any:
        if type(x) is np.ndarray:
            return np.concatenate(([1.0, 1.0], x))
        index, free = self._framed  # a box of autograd, which cannot be concatenated with numbers
        return x[index] * free + (1.0 - free)

    def _control(self, p: Any, v: Any) -> Any:
        return (v[1:] - v[:-1]) / self.step - self.force(p[:-2], v[:-1])[0]

    def value(self, x: Array) -> float:
        p, h = self._positions(x), self.step
        v = (p[1:] - p[:-1]) / h
        u = self._control(p, v)
        return 0.5 * h * (np.sum(p[:-1] ** 2) + np.sum(v * v) + self.effort * np.sum(u * u))  # type: ignore[no-any-return]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        p, h = self._positions(x), self.step
        v = (p[1:] - p[:-1]) / h
        u = self._control(p, v)
        f = 0.5 * h * (float(np.sum(p[:-1] ** 2)) + float(v @ v) + self.effort * float(u @ u))
        _, by_p, by_v, *_ = self.force(p[:-2], v[:-1])
        weighted = h * self.effort * u
        return f, self._collect(h * p[:-1], h * v, weighted, -by_p * weighted, -by_v * weighted)

    def hvp(self, x: Array, v: Array) -> Array:
        p, h = self._positions(x), self.step
        speed = (p[1:] - p[:-1]) / h
        _, by_p, by_v, by_pp, by_pv = self.force(p[:-2], speed[:-1])
        weighted = h * self.effort * self._control(p, speed)
        dp = np.concatenate(([0.0, 0.0], v))
        dv = (dp[1:] - dp[:-1]) / h
        at, slope = dp[:-2], dv[:-1]
        du = h * self.effort * ((dv[1:] - dv[:-1]) / h - by_p * at - by_v * slope)
        return self._collect(h * dp[:-1], h * dv, du,
                             -by_p * du - (by_pp * at + by_pv * slope) * weighted,
                             -by_v * du - by_pv * at * weighted)  # fmt: skip

    def _collect(self, of_p: Array, of_v: Array, of_u: Array, of_force_p: Any, of_force_v: Any) -> Array:
        """Return the change with x, from those with p, v and u, and through F with p and v."""
        result = np.zeros(self.n + 2)
        result[:-1] += of_p
        result[:-2] += of_force_p
        speed = of_v.copy()
        speed[1:] += of_u / self.step
        speed[:-1] += of_force_v - of_u / self.step
        speed /= self.step
        result[1:] += speed
        result[:-1] -= speed
        return result[2:]

    def hessian_pattern(self) -> tuple[Indices, Indices]:
        rows, columns = band(self.n, 2)
        return rows, columns

    def start(self) -> Array:
        return np.ones(self.n)


@dataclass(frozen=True)
class LinearQuadraticControl(SecondOrderControl):
    """A mass on a line, steered to rest: ½h Σ (p² + v² + ρu²) with v′ = u.

    It teaches that what dynamic programming solves exactly, one step at a time, is also a banded quadratic: x* is
    the path under the feedback of the Riccati equation, and f* = ½ x₀ᵀP₀x₀, for any n in O(n).

    `SecondOrderControl` describes n, step and effort: the positions p₂, …, p_{n+1} are free.

    Source: Kalman (1960), Contributions to the theory of optimal control; Bertsekas (1995), Dynamic Programming and
    Optimal Control, section 4.1.
    """

    suites = ("scalable",)
    tags = ("quadratic", "convex", "strictly_convex", "sparse")
    variants = ({"n": 1}, {"n": 30, "effort": 1.0}, {"n": 300, "step": 0.05})

    def force(self, p: Any, v: Any) -> tuple[Any, Any, Any, Any, Any]:
        return 0.0, 0.0, 0.0, 0.0, 0.0

    def facts(self) -> Facts:
        gains, cost = riccati(self.n, float(self.step), float(self.effort))
        x, p, v = np.empty(self.n), 1.0 + 0.0 * self.step, 0.0
        for t, (by_p, by_v) in enumerate(gains):
            p, v = p + self.step * v, v - self.step * (by_p * p + by_v * v)
            x[t] = p + self.step * v
        return Facts(solution=x, optimum=0.5 * cost, certificate="closed form", convex=True)


@dataclass(frozen=True)
class VanDerPolControl(SecondOrderControl):
    """A van der Pol oscillator, steered to rest: ½h Σ (p² + v² + ρu²), v′ = μ(1 − p²)v − p + u.

    It teaches nonlinear control: the residuals are cubic in x, f is not convex, and still each couples only three
    neighboring positions. Without control the oscillator never comes to rest.

    Attributes
    ----------
    mu : float
        μ, the strength of the damping, which is negative near the origin.

    `SecondOrderControl` describes n, step and effort: the positions p₂, …, p_{n+1} are free.

    Source: after the van der Pol problem of Betts (2010), Practical Methods for Optimal Control, discretized here by
    Euler's method with the control eliminated.
    """

    suites = ("scalable",)
    tags = ("nonconvex", "sparse")
    variants = ({"n": 1}, {"n": 30, "mu": 3.0}, {"n": 40, "mu": 0.1, "effort": 1.0})

    mu: Annotated[float, Gt(0)] = 1.0

    def force(self, p: Any, v: Any) -> tuple[Any, Any, Any, Any, Any]:
        damping = self.mu * (1.0 - p * p)
        return damping * v - p, -2.0 * self.mu * p * v - 1.0, damping, -2.0 * self.mu * v, -2.0 * self.mu * p

    def facts(self) -> Facts:
        x = minimum_near(self, self.start()) if self.n <= POLISHED else None
        if x is None:
            return Facts()
        return Facts(solution=x, optimum=float(self.value(x)),
                     certificate="best known: Newton's method from this start, the best of many")  # fmt: skip


def riccati(n: int, h: float, effort: float) -> tuple[list[tuple[float, float]], float]:
    """Return the gains (by p, by v) of u at every step, and x₀ᵀP₀x₀ from p = 1, v = 0.

    P = [[a, b], [b, c]] starts as hI and goes back in time; BᵀPA = h (b, c + hb).
    """
    a, b, c = h, 0.0, h
    gains = []
    for _ in range(n):
        ahead, total = b + h * a, c + 2.0 * h * b + h * h * a
        weight = h * effort + h * h * c
        by_p, by_v = h * b / weight, h * (c + h * b) / weight
        gains.append((by_p, by_v))
        a, b, c = h + a - h * b * by_p, ahead - h * (c + h * b) * by_p, h + total - h * (c + h * b) * by_v
    return gains[::-1], a

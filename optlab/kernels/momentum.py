"""How much of the last step to repeat.

Source: Polyak (1964); Nesterov (1983); Nesterov (2004), Introductory lectures on convex optimization, section 2.2.
"""

from __future__ import annotations

from math import sqrt


def heavy_ball_constants(mu: float, L: float) -> tuple[float, float]:
    """Return the step α = 4/(√L + √μ)² and the momentum β = ((√κ − 1)/(√κ + 1))² that are best on quadratics.

    The error then falls like √βᵏ, κ = L/μ. Source: Polyak (1964).
    """
    low, high = sqrt(mu), sqrt(L)
    return 4.0 / (high + low) ** 2, ((high - low) / (high + low)) ** 2


def next_t(t: float) -> float:
    """Return t₊ = ½(1 + √(1 + 4t²)); the momentum is (t − 1)/t₊. Source: Beck & Teboulle (2009), equation 4.2."""
    return 0.5 * (1.0 + sqrt(1.0 + 4.0 * t * t))


def strongly_convex_momentum(q: float) -> float:
    """Return β = (1 − √q)/(1 + √q) with q = μα, which is 1/κ at α = 1/L.

    Source: Nesterov (2004), section 2.2.1, constant step scheme III.
    """
    root = min(sqrt(q), 1.0)
    return (1.0 - root) / (1.0 + root)

"""A filter: which pairs of violation θ and barrier function φ make progress.

Source: Fletcher & Leyffer (2002), Nonlinear programming without a penalty function; Wächter & Biegler (2006), section
2.3.
"""

from __future__ import annotations

from typing import NamedTuple

GAIN_THETA, GAIN_PHI = 1e-5, 1e-8
"""γ_θ and γ_φ: progress is a fall of θ by the first times θ, or of φ by the second times θ."""
SWITCH_PHI, SWITCH_THETA = 2.3, 1.1
"""s_φ and s_θ of the switching condition."""
ARMIJO = 1e-8
"""η_φ of Armijo's condition on φ."""
SMALL, LARGE = 1e-4, 1e2
"""θ_min and θ_max, in units of max(1, θ at the start)."""
SAFETY = 0.05
"""γ_α, a factor of the least step."""


class Filter(NamedTuple):
    """Pairs (θ, φ) that no further point may be as bad as, and the θ from which on none is acceptable.

    Attributes
    ----------
    theta_min, theta_max : float
        Below the first φ is what has to fall, above the second no point is acceptable.
    corners : tuple of (float, float)
        The pairs, their margins taken off.
    """

    theta_min: float
    theta_max: float
    corners: tuple[tuple[float, float], ...] = ()

    @classmethod
    def around(cls, theta: float) -> Filter:
        """Return an empty filter for a start with the violation θ."""
        unit = max(1.0, theta)
        return cls(SMALL * unit, LARGE * unit)

    def emptied(self) -> Filter:
        """Return the filter without corners: φ has another meaning when μ changes."""
        return self._replace(corners=())

    def accepts(self, theta: float, phi: float) -> bool:
        """Whether a pair is better than every corner in θ or in φ."""
        return theta <= self.theta_max and all(theta <= t or phi <= p for t, p in self.corners)

    def extended(self, theta: float, phi: float) -> Filter:
        """Add what is no better than (θ, φ), and drop the corners that it makes superfluous."""
        t, p = (1.0 - GAIN_THETA) * theta, phi - GAIN_PHI * theta
        kept = tuple(corner for corner in self.corners if corner[0] < t or corner[1] < p)
        return self._replace(corners=(*kept, (t, p)))

    def decreases_phi(self, theta: float, slope: float, alpha: float) -> bool:
        """Whether a step is to lower φ rather than θ: the switching condition. Source: W & B, equation 19."""
        return slope < 0 and alpha * (-slope) ** SWITCH_PHI > theta**SWITCH_THETA

    def judged(
        self, now: tuple[float, float], new: tuple[float, float], alpha: float, slope: float, rounding: float
    ) -> Filter | None:
        """Return the filter that goes with a step α from `now` to `new`, (θ, φ) each, or None: it is not acceptable.

        `slope` is that of φ along the full step, `rounding` the change of φ that counts as none.
        Source: Wächter & Biegler (2006), algorithm A, steps 5.3, 5.4 and 7.
        """
        (theta, phi), (new_theta, new_phi) = now, new
        gained = new_phi - rounding
        if not self.accepts(new_theta, gained):
            return None
        lowers_phi = self.decreases_phi(theta, slope, alpha)
        armijo = gained <= phi + ARMIJO * alpha * slope and gained < phi  # the bound may round to φ
        if lowers_phi and theta <= self.theta_min:
            return self if armijo else None
        lowers_theta = new_theta < theta and new_theta <= (1.0 - GAIN_THETA) * theta
        if lowers_theta or (gained < phi and gained <= phi - GAIN_PHI * theta):
            return self if lowers_phi and armijo else self.extended(theta, phi)
        return None

    def least_step(self, theta: float, slope: float) -> float:
        """Return the step below which neither θ nor φ can be expected to fall. Source: W & B, equation 23."""
        least = GAIN_THETA
        if slope < 0:
            least = min(least, GAIN_PHI * theta / -slope)
            if theta <= self.theta_min:
                least = min(least, theta**SWITCH_THETA / (-slope) ** SWITCH_PHI)
        return SAFETY * least

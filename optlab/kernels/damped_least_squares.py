"""Steps of nonlinear least squares within a radius: Levenberg and Marquardt's, and Powell's dogleg.

With r and J at the iterate and the scales D of the variables, AD = J, the model is m(y) = ‖r + Ay‖², y = Dp being the
step in scaled variables. By A = UΣVᵀ every step is a matter of n numbers: y = Vz. AᵀA is never formed.
Source: Moré (1978); Powell (1970); Golub & Van Loan (2013), section 6.2.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.least_squares import triangle
from optlab.kernels.narrow import eps

Array = NDArray[np.float64]

NEAR = 0.1
"""‖Dp‖ need not be Δ: this near, relative to Δ, will do (Moré's σ)."""
MOST = 50
"""Most iterations on λ; two or three are usual."""
LEAST_GUESS = 1e-3
"""A guess at λ outside its bounds becomes the geometric mean of them, or this part of the upper one (Moré)."""


class Model(NamedTuple):
    """‖r + Jp‖² in its own coordinates.

    Attributes
    ----------
    s : (k,) array
        The singular values of A = JD⁻¹, descending; those that are rounding are 0.
    w : (k,) array
        Uᵀr.
    W : (n, k) array
        D⁻¹V, which takes z to the step p.
    """

    s: Array
    w: Array
    W: Array


class Step(NamedTuple):
    """A step of the model.

    Attributes
    ----------
    p : (n,) array
        The step.
    length : float
        ‖Dp‖.
    promised : float
        ‖r‖² − ‖r + Jp‖².
    lam : float
        The λ it belongs to.
    inside : bool
        Whether it is the Gauss–Newton step, which the radius does not limit.
    """

    p: Array
    length: float
    promised: float
    lam: float
    inside: bool


def scales(J: Array, before: Array | None = None) -> Array:
    """Return D, shape (n,): the norms of the columns of J, never less than they were before (Moré, equation 6.3)."""
    now = np.asarray(np.sqrt(np.einsum("ij,ij->j", J, J)))
    return now if before is None else np.maximum(before, now)


def model(r: Array, J: Array, D: Array) -> Model | None:
    """Return the model, by QR and then the SVD of the triangle; None where it is not finite.

    A variable that nothing depends on so far has D = 0, and stays where it is.
    """
    inverse = np.where(D > 0, 1.0 / np.where(D > 0, D, 1.0), 0.0)
    n = D.size
    R = triangle(np.column_stack([J * inverse, r]))
    try:
        U, s, Vt = np.linalg.svd(R[:, :n], full_matrices=False)
    except np.linalg.LinAlgError:
        return None
    s = np.where(s > max(J.shape) * eps(J) * s[0], s, 0.0)
    return Model(s, U.T @ R[:, n], inverse[:, None] * Vt.T)


def step_to(model: Model, z: Array, lam: float = 0.0, inside: bool = False) -> Step:
    """Return the step with coordinates z; the promise is −Σ (2w + sz) sz."""
    sz = model.s * z
    return Step(model.W @ z, norm(z), -float((2.0 * model.w + sz).dot(sz)), lam, inside)


def gauss_newton(model: Model) -> Array:
    """Return the z of the shortest Gauss–Newton step, −w/s."""
    s = model.s
    return np.where(s > 0, -model.w / np.where(s > 0, s, 1.0), 0.0)


def cauchy(model: Model) -> Array:
    """Return the z of the model's minimizer along −∇, −(‖g‖²/‖Ag‖²) g with g = sw; 0 where g is."""
    g = model.s * model.w
    size, bend = norm(g), norm(model.s * g)
    return -((size / bend) ** 2) * g if bend > 0 else 0.0 * g


def damped(model: Model, lam: float) -> Array:
    """Return the z of argmin ‖r + Jp‖² + λ‖Dp‖², −sw/(s² + λ), for λ > 0."""
    return -model.s * model.w / (model.s**2 + lam)


def more_step(model: Model, radius: float) -> Step:
    """Return the Levenberg–Marquardt step for the λ ≥ 0 at which λ = 0 and ‖Dp‖ ≤ Δ, or ‖Dp‖ = Δ, both up to NEAR.

    Newton on φ(λ) = ‖Dp(λ)‖ − Δ as if it were a/(b + λ) − Δ, between bounds. Source: Moré (1978), algorithm 5.5.
    """
    z = gauss_newton(model)
    excess = norm(z) - radius
    if excess <= NEAR * radius:
        return step_to(model, z, inside=True)
    s, sw = model.s, model.s * model.w
    least, lam, most = 0.0, 0.0, norm(sw) / radius
    if s[-1] > 0:  # φ is convex: Newton from 0 stays below
        least = lam = excess * norm(z) / float((z / s).dot(z / s))
    for _ in range(MOST):
        if not least <= lam <= most or lam == 0:
            lam = max(LEAST_GUESS * most, sqrt(least * most))
        z = damped(model, lam)
        length = norm(z)
        excess = length - radius
        if abs(excess) <= NEAR * radius:
            break
        least, most = (max(least, lam), most) if excess > 0 else (least, min(most, lam))
        slope = -float(((z * z) / (s**2 + lam)).sum()) / length  # φ′, z being −sw/(s² + λ)
        lam -= (length / radius) * (excess / slope)
    return step_to(model, z, lam)


def dogleg_step(model: Model, radius: float) -> Step:
    """Return the point at distance Δ on the way from 0 by Cauchy's point to Gauss–Newton's, or the end of it.

    Source: Powell (1970), section 2; Nocedal & Wright (2006), equation 4.16.
    """
    end, corner = gauss_newton(model), cauchy(model)
    if norm(end) <= radius:
        return step_to(model, end, inside=True)
    first = norm(corner)
    if first >= radius:
        return step_to(model, (radius / first) * corner)
    leg = end - corner
    a, b, c = float(leg.dot(leg)), float(corner.dot(leg)), (radius - first) * (radius + first)
    root = sqrt(b * b + a * c)
    along = c / (b + root) if b > 0 else (root - b) / a  # at² + 2bt = c, without cancellation
    return step_to(model, corner + along * leg)


def norm(z: Array) -> float:
    """‖z‖₂."""
    return sqrt(float(z.dot(z)))

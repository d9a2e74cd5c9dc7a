"""Global minimizers of a quadratic model of any signature, within a radius or under a cubic penalty, for a dense H.

Both fulfil (H + λI)p = −g with H + λI ⪰ 0, and ‖p‖ = T(λ): T = Δ in a trust region (or λ = 0 and ‖p‖ ≤ Δ), and
T = λ/σ with the penalty ⅓σ‖p‖³. The secular equation 1/‖p(λ)‖ = 1/T(λ) has sides whose difference is concave and
increasing: Newton's iteration from below is monotone, and quadratic.

Source: Moré & Sorensen (1983); Conn, Gould & Toint (2000), section 7.3; Cartis, Gould & Toint (2011), section 6.1.
"""

from __future__ import annotations

from math import copysign, isfinite, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.euclidean import norm
from optlab.kernels.limits import Limit
from optlab.kernels.modification import shifted
from optlab.kernels.narrow import DOUBLE, coarseness
from optlab.kernels.norms import max_abs
from optlab.kernels.routines import LOWER, OVERWRITE, routines
from optlab.kernels.trust_region import Step, natural_length

Array = NDArray[np.float64]

SECULAR = 1e-12
"""‖p‖ = T to this, relatively, before p is brought to that length exactly."""
MOST = 100
"""Most iterations on the secular equation; three to ten are usual."""


class Factored(NamedTuple):
    """A symmetric matrix, ready for steps of any length: its Cholesky factor, or its eigenvalues and eigenvectors.

    Attributes
    ----------
    H : (n, n) array
        The matrix.
    R : (n, n) array or None
        Its lower Cholesky factor; None where H is not positive definite.
    values, Q : (n,), (n, n) arrays or None
        Ascending eigenvalues, and eigenvectors in columns; None where there is R.
    """

    H: Array
    R: Array | None = None
    values: Array | None = None
    Q: Array | None = None


def factored(H: Array) -> Factored:
    """Factorize H by Cholesky, or by eigenvalues where it is not positive definite; 0 stands for one not finite."""
    lib = routines(H)
    R, info = lib.potrf(H, LOWER)
    if info == 0 and isfinite(max_abs(R.diagonal())):
        return Factored(H, R)
    H = finite(H)
    return Factored(H, None, *np.linalg.eigh(H))


def finite(H: Array) -> Array:
    """Return H, or 0 where it is not finite: a model without curvature."""
    return H if np.isfinite(H).all() else np.zeros_like(H)


def newton_length(model: Factored, g: Array) -> float:
    """Return the length of Newton's step where H is positive definite, otherwise that of Cauchy's."""
    if model.R is not None:
        newton = norm(routines(g).potrs(model.R, g, LOWER)[0])
        if isfinite(newton) and newton > 0:
            return newton
    return natural_length(g, float(g.dot(model.H @ g)))


def exact_step(model: Factored, g: Array, limit: Limit) -> Step:
    """Return the global minimizer of the model under the limit, in the hard case too.

    Where H is positive definite, Cholesky serves: it keeps the accuracy that graded matrices allow.
    """
    step = None if model.R is None else _definite(model.H, model.R, g, limit)
    if step is not None:
        return step
    values, Q = (model.values, model.Q) if model.Q is not None else np.linalg.eigh(model.H)
    assert values is not None
    assert Q is not None
    return _indefinite(values, Q, g, limit)


def _definite(H: Array, R: Array, g: Array, limit: Limit) -> Step | None:
    """Newton's iteration from λ = 0, or a greater lower bound. None where a step overflows.

    Source: Nocedal & Wright (2006), algorithm 4.3, for a radius.
    """
    lib = routines(g)
    dot, posv, trtrs = lib.dot, lib.posv, lib.trtrs
    within, downhill = SECULAR * lib.coarse, -g
    p, info = lib.potrs(R, downhill, LOWER)
    lam = 0.0
    if norm(p, dot) <= limit.length(lam):
        return Step(p, -0.5 * dot(g, p), False)
    lam = limit.lower(lib.lange("I", H.T), norm(g, dot))  # ‖Hᵀ‖∞ = ‖H‖₁: in its order H need not be copied
    if lam > 0:
        R, p, info = posv(shifted(H, lam), downhill, LOWER, OVERWRITE)
    for _ in range(MOST):
        size, most = norm(p, dot), limit.length(lam)
        if info or not isfinite(size):
            return None
        if not size > (1.0 + within) * most:
            break
        q = trtrs(R, p, LOWER)[0]
        more = _newton(lam, size, dot(q, q), limit)
        if not lam + more > lam:
            break
        lam += more
        R, p, info = posv(shifted(H, lam), downhill, LOWER, OVERWRITE)
    p *= most / size if size > 0 else 1.0
    return Step(p, limit.share * lam * most * most - 0.5 * dot(g, p), True, lam)


def _newton(lam: float, size: float, slope: float, limit: Limit) -> float:
    """Return Newton's step for 1/‖p‖ = 1/T, slope being pᵀ(H + λI)⁻¹p; (4.44) of Nocedal & Wright for a radius."""
    most = limit.length(lam)
    if not (most > 0 and slope > 0):
        return 0.0
    return size * size * ((size - most) / most) / (slope + size * size * size * limit.bend(lam))


def _indefinite(values: Array, Q: Array, g: Array, limit: Limit) -> Step:
    """The same in the basis of eigenvectors, where p has components −cᵢ/(λᵢ + λ), c = Qᵀg.

    The unknown is μ = λ − max(0, −λ₁), so that nothing cancels near the hard case. Where even μ = 0 gives a step that
    is too short, it is the minimizer inside, or the null vector of H − λ₁I fills it up.
    """
    c = g @ Q
    shift = max(0.0, -float(values[0]))
    gaps, within = values + shift, SECULAR if g.itemsize == DOUBLE else SECULAR * coarseness(g)
    mu = limit.lower_excess(np.abs(c), gaps, shift)
    for _ in range(MOST):
        below = gaps + mu
        a = np.divide(-c, below, out=np.zeros_like(c), where=below > 0)
        size, most = norm(a), limit.length(mu + shift)
        if mu == 0 and size < most:
            if shift > 0:  # the hard case
                a[0] = -copysign(sqrt((most - size) * (most + size)), float(c[0]))
                size = most
            predicted = limit.share * shift * size * size - 0.5 * float(c.dot(a))
            return Step(Q @ a, predicted, shift > 0, shift)
        slope = float(np.divide(a * a, below, out=np.zeros_like(c), where=below > 0).sum())
        more = _newton(mu + shift, size, slope, limit)
        if not (size > (1.0 + within) * most and mu + more > mu):
            break
        mu += more
    a *= most / size if size > 0 else 1.0
    return Step(Q @ a, limit.share * (mu + shift) * most * most - 0.5 * float(c.dot(a)), True, mu + shift)

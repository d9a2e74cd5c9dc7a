"""What the second derivative says: how good a step will be, in which directions f bends, what a critical point is.

H is taken to be symmetric, as a Hessian is where the second partial derivatives are continuous; `asymmetry` measures
it. Derivatives themselves, by differences or automatically, are the business of `optlab.derivatives`.

Source: Goodfellow, Bengio & Courville (2016), section 4.3.1; Nocedal & Wright (2006), theorems 2.3 and 2.4.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from optlab.core.status import InputError
from optlab.numerics.conditioning import Array, square

if TYPE_CHECKING:
    import pandas as pd

EPS = float(np.finfo(float).eps)
Kind = Literal["minimum", "maximum", "saddle", "inconclusive"]
STEPS = 121
BEYOND = 2.5
"""How far along −g a table goes, in units of ε*."""


def optimal_step(g: Any, H: Any) -> float:
    """ε* = gᵀg / gᵀHg, the step along −g that minimizes the quadratic model; signed.

    g has shape (n,), H (n, n). Negative where f curves down along g and inf where it does not curve: the
    model then falls forever. NaN for g = 0. The model goes uphill beyond 2ε*.
    """
    g = np.asarray(g, dtype=float)
    with np.errstate(all="ignore"):
        u = g / np.abs(g).max() if g.any() else g
        squares, bent = float(u @ u), float(u @ np.asarray(H, dtype=float) @ u)
    if not squares > 0:
        return nan
    return squares / bent if bent else inf


def taylor_along_gradient(f: Callable[[Array], float], g: Any, H: Any, x: Any, steps: Any = None) -> pd.DataFrame:
    """Compare f(x − εg) with its model f − εgᵀg + ½ε²gᵀHg: what a gradient step promises and what it does.

    Parameters
    ----------
    f : callable
        f of an (n,) array.
    g, H : (n,) and (n, n) array-like
        ∇f and ∇²f at x.
    x : (n,) array-like
        The point.
    steps : array-like, optional
        ε; else from 0 to 2.5 |ε*|, ε* and 2ε* among them (to 1 where f does not curve along g).

    Returns
    -------
    DataFrame
        Columns step, relative (ε/ε*), truth, model, slope (the model without the curvature), error (model − truth).
        `attrs["optimal_step"]` is ε*.
    """
    import pandas as pd

    x, g, H = (np.asarray(v, dtype=float) for v in (x, g, H))
    best = optimal_step(g, H)
    if steps is None:
        far = BEYOND * abs(best) if np.isfinite(best) else 1.0
        steps = np.linspace(0.0, far, STEPS)
        if 0 < best < inf:
            steps = np.union1d(steps, [best, 2.0 * best])
    steps = np.asarray(steps, dtype=float)
    with np.errstate(all="ignore"):
        truth = np.array([float(f(x - step * g)) for step in steps])
        slope = f(x) - steps * (g @ g)
        model = slope + 0.5 * steps**2 * (g @ H @ g)
        columns = {
            "step": steps, "relative": steps / best, "truth": truth, "model": model, "slope": slope,
            "error": model - truth,
        }  # fmt: skip
    table = pd.DataFrame(columns)
    table.attrs["optimal_step"] = best
    return table


def directional_curvature(H: Any, d: Any) -> Array:
    """dᵀHd/dᵀd, the second derivative of f along d; d has shape (…, n), the result (…); NaN for d = 0.

    It lies between the least and the greatest eigenvalue, and is a weighted mean of all of them.
    """
    H, d = np.asarray(H, dtype=float), np.asarray(d, dtype=float)
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(d, axis=-1, keepdims=True)
        u = d / np.where(lengths > 0, lengths, nan)
        return np.asarray(np.sum(u * (u @ H.T), axis=-1))


def asymmetry(H: Any) -> float:
    """Return max |H − Hᵀ| / max |H|: 0 for a Hessian whose entries are continuous functions of x, and for H = 0."""
    H = square(H)
    largest = float(np.abs(H).max())
    return float(np.abs(H - H.T).max()) / largest if largest > 0 else 0.0


def classify_critical_point(H: Any, rtol: float | None = None) -> Kind:
    """What the Hessian at a critical point proves it to be.

    *minimum*: all eigenvalues are positive; *maximum*: all are negative; *saddle*: there are both, whatever
    else there is. Otherwise *inconclusive*: with an eigenvalue of zero and no two signs, higher derivatives decide (x⁴,
    −x⁴ and x³ share H = 0). Positive definite is sufficient for a minimum, positive *semi*definite is all that is
    necessary.

    Parameters
    ----------
    H : (n, n) array-like
        Symmetric; an asymmetric one has no such test (its eigenvalues do not bound xᵀHx).
    rtol : float, optional
        Eigenvalues up to this part of the largest count as zero; by default n·ε, their rounding.

    Raises
    ------
    InputError
        For a matrix that is not symmetric to √ε, or not finite.
    """
    H = square(H)
    if not np.isfinite(H).all():
        msg = "the Hessian must be finite"
        raise InputError(msg)
    if asymmetry(H) > EPS**0.5:
        msg = f"the Hessian must be symmetric: it differs from its transpose by {asymmetry(H):.1e} of its largest entry"
        raise InputError(msg)
    eigenvalues = np.linalg.eigvalsh(0.5 * (H + H.T))
    floor = (len(H) * EPS if rtol is None else rtol) * np.abs(eigenvalues).max()
    positive, negative = int((eigenvalues > floor).sum()), int((eigenvalues < -floor).sum())
    if positive and negative:
        return "saddle"
    return "minimum" if positive == len(H) else "maximum" if negative == len(H) else "inconclusive"

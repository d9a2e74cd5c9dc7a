"""The formulas for β in d₊ = −g₊ + βd, each a function of the last direction d and of the gradients g and g₊.

y is g₊ − g. A denominator of zero gives NaN, which whoever uses β takes for a restart.
Source: Nocedal & Wright (2006), section 5.2; Hager & Zhang (2006), A survey of nonlinear conjugate gradient methods,
Pacific J. Optim. 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Beta = Callable[[Array, Array, Array], float]

NAN = float("nan")
TRUNCATION = 0.4
"""The β of Hager and Zhang is at least this multiple of gᵀd/‖d‖², which has no units.

Source: Hager & Zhang (2013), The limited memory conjugate gradient method, SIAM J. Optim. 23.
"""


def fletcher_reeves(_d: Array, g: Array, g_new: Array) -> float:
    """‖g₊‖²/‖g‖² (N&W 5.41a). Source: Fletcher & Reeves (1964)."""
    return ratio(float(g_new.dot(g_new)), float(g.dot(g)))


def polak_ribiere(_d: Array, g: Array, g_new: Array) -> float:
    """PR+, max(0, g₊ᵀy/‖g‖²) (N&W 5.45). Source: Polak & Ribière (1969); Powell (1986)."""
    return positive(ratio(float(g_new.dot(g_new - g)), float(g.dot(g))))


def hestenes_stiefel(d: Array, g: Array, g_new: Array) -> float:
    """HS+, max(0, g₊ᵀy/dᵀy) (N&W 5.46). Source: Hestenes & Stiefel (1952)."""
    y = g_new - g
    return positive(ratio(float(g_new.dot(y)), float(d.dot(y))))


def dai_yuan(d: Array, g: Array, g_new: Array) -> float:
    """‖g₊‖²/dᵀy (N&W 5.49). Source: Dai & Yuan (1999)."""
    return ratio(float(g_new.dot(g_new)), float(d.dot(g_new - g)))


def gilbert_nocedal(d: Array, g: Array, g_new: Array) -> float:
    """β of Polak and Ribière clamped to ±β of Fletcher and Reeves (N&W 5.48). Source: Gilbert & Nocedal (1992)."""
    most = fletcher_reeves(d, g, g_new)
    beta = ratio(float(g_new.dot(g_new - g)), float(g.dot(g)))
    return min(max(beta, -most), most) if isfinite(most) else NAN


def dai_yuan_hybrid(d: Array, g: Array, g_new: Array) -> float:
    """max(0, min(HS, DY)).

    Source: Dai & Yuan (2001), An efficient hybrid conjugate gradient method for unconstrained optimization.
    """
    y = g_new - g
    return positive(ratio(min(float(g_new.dot(y)), float(g_new.dot(g_new))), float(d.dot(y))))


def hager_zhang(d: Array, g: Array, g_new: Array) -> float:
    """(y − 2d‖y‖²/dᵀy)ᵀg₊/dᵀy (N&W 5.50), truncated below: gᵀd ≤ −⅞‖g‖² whatever the search.

    Source: Hager & Zhang (2005), A new conjugate gradient method with guaranteed descent.
    """
    return _truncated(2.0, d, g, g_new)


def dai_kou(d: Array, g: Array, g_new: Array) -> float:
    """(y − d‖y‖²/dᵀy)ᵀg₊/dᵀy, truncated below: gᵀd ≤ −¾‖g‖², and nearest to BFGS without memory.

    Source: Dai & Kou (2013), A nonlinear conjugate gradient algorithm with an optimal property, SIAM J. Optim. 23.
    """
    return _truncated(1.0, d, g, g_new)


def _truncated(weight: float, d: Array, g: Array, g_new: Array) -> float:
    y = g_new - g
    dy = float(d.dot(y))
    beta = ratio(float(g_new.dot(y)), dy) - weight * ratio(float(y.dot(y)), dy) * ratio(float(d.dot(g_new)), dy)
    least = TRUNCATION * ratio(float(g.dot(d)), float(d.dot(d)))
    return max(beta, least) if isfinite(beta) else NAN


def ratio(a: float, b: float) -> float:
    """Return a/b; NaN where b is zero."""
    return a / b if b else NAN


def positive(beta: float) -> float:
    """Return max(0, β); NaN stays NaN."""
    return 0.0 if beta < 0 else beta


BETAS: Mapping[str, Beta] = {
    formula.__name__: formula
    for formula in (
        fletcher_reeves, polak_ribiere, hestenes_stiefel, dai_yuan, gilbert_nocedal, dai_yuan_hybrid, hager_zhang,
        dai_kou,
    )
}  # fmt: skip
"""Name → formula."""

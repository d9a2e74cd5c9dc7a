"""Sigmoid, its logarithm and softplus, right to a few units in the last place wherever the result is a number.

Each keeps the type of x (float16 is computed in float32 and rounded once; integers become float64), takes any shape,
passes NaN on and raises no floating-point warning. Gradients of any order go through autograd.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.numerics.tracing import floats, rounded, traceable

TAIL = -40.0
"""Below it σ(x) and e^x agree to half a unit in the last place of float64: e^−40 < 2⁻⁵³."""


@traceable
def sigmoid(x: Any) -> Any:
    """σ(x) = 1/(1 + e⁻ˣ), the shape of x; σ(−∞) = 0, σ(∞) = 1.

    Far on the left it is eˣ, down to the smallest subnormal number: 1/(1 + e⁻ˣ) is 0 as soon as e⁻ˣ overflows,
    although σ(−720) = 2.03e−313 can be represented.

    Source: Higham (2002), Accuracy and Stability of Numerical Algorithms, section 1.18 (rewriting a formula).

    >>> sigmoid(-720.0) > 0, sigmoid([-float("inf"), 0.0, 1000.0])
    (np.True_, array([0. , 0.5, 1. ]))
    """
    from scipy.special import expit

    a, kind = floats(x)
    with np.errstate(all="ignore"):
        return rounded(np.where(a < TAIL, np.exp(np.minimum(a, TAIL)), expit(a)), kind)


@traceable
def log_sigmoid(x: Any) -> Any:
    """The logarithm ln σ(x) = −ln(1 + e⁻ˣ), the shape of x; ln σ(−∞) = −∞, ln σ(∞) = 0.

    Source: Mächler (2012), Accurately computing log(1 − exp(−|a|)), section 4.

    >>> float(log_sigmoid(-1000.0)), float(log_sigmoid(0.0))
    (-1000.0, -0.6931471805599453)
    """
    a, kind = floats(x)
    with np.errstate(all="ignore"):
        return rounded(-np.logaddexp(a.dtype.type(0), -a), kind)


@traceable
def softplus(x: Any) -> Any:
    """ln(1 + eˣ), the shape of x; 0 at −∞ and ∞ at ∞.

    Source: Mächler (2012), section 4.

    >>> float(softplus(-40.0)), float(softplus(1000.0))
    (4.248354255291589e-18, 1000.0)
    """
    a, kind = floats(x)
    with np.errstate(all="ignore"):
        return rounded(np.logaddexp(a.dtype.type(0), a), kind)

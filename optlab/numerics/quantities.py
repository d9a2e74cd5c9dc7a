"""What can be compared: each quantity as a function of one number x, with its formulas and its value in mpmath.

Vectors depend on x as (0, x): one logit against another, the case in which all the textbook forms fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np

from optlab.numerics import naive
from optlab.numerics.stable_elementwise import log_sigmoid, sigmoid, softplus
from optlab.numerics.stable_losses import binary_cross_entropy, cross_entropy
from optlab.numerics.stable_reductions import log_softmax, logsumexp, softmax

Formula = Callable[..., Any]


@dataclass(frozen=True)
class Quantity:
    """A function of x that several formulas compute.

    Attributes
    ----------
    name : str
    reference : function of (mpmath, x, *settings)
        Its value at a number x of mpmath, without cancellation.
    formulas : name → function of (x, *settings)
        x is a NumPy number, whose type the function keeps.
    settings : name → number
        Further arguments in their order, with their usual values.
    """

    name: str
    reference: Callable[..., Any]
    formulas: Mapping[str, Formula]
    settings: Mapping[str, float] = field(default_factory=dict)


def pair(function: Formula, entry: int | None = None) -> Formula:
    """Return x ↦ function((0, x)), or an entry of it, in the type of x."""

    @wraps(function)
    def of_number(x: Any) -> Any:
        value = function(np.array([0, x], dtype=x.dtype))
        return value if entry is None else value[entry]

    return of_number


def loss(function: Formula) -> Formula:
    """Return x ↦ function((0, x), target), the target being class y."""

    @wraps(function)
    def of_number(x: Any, y: float) -> Any:
        return function(np.array([0, x], dtype=x.dtype), np.array([1 - y, y], dtype=x.dtype))

    return of_number


def _binary(mp: Any, x: Any, y: Any) -> Any:
    return y * mp.log1p(mp.exp(-x)) + (1 - y) * mp.log1p(mp.exp(x))


_ALL = (
    Quantity(
        "sigmoid",
        lambda mp, x: 1 / (1 + mp.exp(-x)),
        {"1/(1+exp(-x))": naive.sigmoid_1, "exp(x)/(exp(x)+1)": naive.sigmoid_2, "sigmoid": sigmoid},
    ),
    Quantity(
        "log_sigmoid",
        lambda mp, x: -mp.log1p(mp.exp(-x)),
        {"log(1/(1+exp(-x)))": naive.log_sigmoid, "log_sigmoid": log_sigmoid},
    ),
    Quantity(
        "softplus",
        lambda mp, x: mp.log1p(mp.exp(x)),
        {"log(1+exp(x))": naive.softplus, "softplus": softplus},
    ),
    Quantity(
        "binary_cross_entropy",
        _binary,
        {
            "-y log p - (1-y) log(1-p)": naive.binary_cross_entropy,
            "x - xy + log(1+exp(-x))": naive.binary_cross_entropy_expanded,
            "x - xy + (m + log(exp(-m)+exp(-x-m))), m = max(0,-x)": naive.binary_cross_entropy_shifted,
            "binary_cross_entropy": binary_cross_entropy,
        },
        {"y": 0.0},
    ),
    Quantity(
        "softmax",
        lambda mp, x: 1 / (1 + mp.exp(-x)),
        {
            "exp(x)/sum(exp(x))": pair(naive.softmax, 1),
            "shifted by max": pair(naive.softmax_shifted, 1),
            "softmax": pair(softmax, 1),
        },
    ),
    Quantity(
        "log_softmax",
        lambda mp, x: -mp.log1p(mp.exp(-x)),
        {
            "log(softmax)": pair(naive.log_softmax, 1),
            "shifted by max": pair(naive.log_softmax_shifted, 1),
            "log_softmax": pair(log_softmax, 1),
        },
    ),
    Quantity(
        "logsumexp",
        lambda mp, x: mp.log1p(mp.exp(x)),
        {
            "log(sum(exp(x)))": pair(naive.logsumexp),
            "shifted by max": pair(naive.logsumexp_shifted),
            "logsumexp": pair(logsumexp),
        },
    ),
    Quantity(
        "cross_entropy",
        _binary,
        {
            "-sum(y log(softmax))": loss(naive.cross_entropy),
            "-sum(y log(softmax + 1e-8))": loss(naive.cross_entropy_with_epsilon),
            "-sum(y log_softmax), shifted": loss(naive.cross_entropy_shifted),
            "cross_entropy": loss(cross_entropy),
        },
        {"y": 0.0},
    ),
)
QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}

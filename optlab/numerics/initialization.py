"""Initial weights of a layer: the variance γ that keeps signals at their size, forward or backward.

Forward a signal keeps its size where n_in·γ = 1, backward where n_out·γ = 1 (for linear layers); both hold only for
n_in = n_out, so Xavier takes the mean. Half of what goes into a relu is lost, so there it must be twice as much: He.

Source: Glorot & Bengio (2010), equations 10 to 12 and 16; He et al. (2015), equation 10; LeCun et al. (1998), Efficient
BackProp, section 4.6.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from optlab.core.status import InputError
from optlab.numerics.conditioning import Array

Initialization = Literal[
    "xavier_normal", "xavier_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "normal"
]


def weight_variance(rule: str, inputs: int, outputs: int) -> float:
    """γ of a rule: "xavier" 2/(n_in + n_out), "he" 2/n_in, "lecun" 1/n_in, "normal" 1; with a distribution or without.

    Raises
    ------
    InputError
        For another rule.
    """
    name = rule.partition("_")[0]
    variances = {"xavier": 2.0 / (inputs + outputs), "he": 2.0 / inputs, "lecun": 1.0 / inputs, "normal": 1.0}
    if name not in variances:
        msg = f"initialization is one of {', '.join(get_args(Initialization))}; given {rule!r}"
        raise InputError(msg)
    return variances[name]


def initial_weights(
    rule: Initialization, outputs: int, inputs: int, random: np.random.Generator, gain: float = 1.0
) -> Array:
    """Return W, shape (outputs, inputs), entries independent with mean 0 and variance gain²·γ.

    Normal ones have the *standard deviation* √γ, uniform ones lie within ±√(3γ), a variance of a²/3.
    """
    deviation = gain * np.sqrt(weight_variance(rule, inputs, outputs))
    if rule.endswith("_uniform"):
        bound = np.sqrt(3.0) * deviation
        return np.asarray(random.uniform(-bound, bound, (outputs, inputs)))
    return np.asarray(deviation * random.standard_normal((outputs, inputs)))

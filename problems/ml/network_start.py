"""Initial weights of a layer."""

from __future__ import annotations

from typing import Literal

import numpy as np

from optlab.core.problem import Array
from optlab.kernels.orthogonal import orthogonal

Initialization = Literal["zeros", "normal", "xavier", "he", "orthogonal"]


def initial(name: str, outputs: int, inputs: int, scale: float, random: np.random.Generator) -> Array:
    """Return W of shape (outputs, inputs).

    "zeros"; "normal" of standard deviation `scale`; "xavier", normal of variance scale² · 2/(inputs + outputs);
    "he", of variance scale² · 2/inputs; "orthogonal": `scale` times a matrix with orthonormal rows or columns.

    Source: Glorot & Bengio (2010), equation 12; He et al. (2015), equation 10; Saxe, McClelland & Ganguli (2014).
    """
    if name == "zeros":
        return np.zeros((outputs, inputs))
    if name == "orthogonal":
        tall = orthogonal(random, max(outputs, inputs), min(outputs, inputs))
        return scale * (tall if outputs >= inputs else tall.T)
    deviations = {"normal": 1.0, "xavier": np.sqrt(2.0 / (inputs + outputs)), "he": np.sqrt(2.0 / inputs)}
    return np.asarray(scale * deviations[name] * random.standard_normal((outputs, inputs)))

"""What theory says of signals in depth: the mean-field recursion of wide layers, and where a product underflows.

Source: Poole et al. (2016), Exponential expressivity in deep neural networks through transient chaos, section 2;
Schoenholz et al. (2017), Deep information propagation, section 4; Yang et al. (2019) for gradients under batch norm.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.numerics.initialization import Initialization, weight_variance
from optlab.numerics.networks import ACTIVATIONS, ActivationName

if TYPE_CHECKING:
    import pandas as pd

CELL = 0.005
GRID = np.arange(-10.0, 10.0, CELL) + 0.5 * CELL
DENSITY = np.exp(-0.5 * GRID**2) * CELL / sqrt(2.0 * np.pi)
"""Midpoints over the normal distribution, cells meeting at 0, where relu has its kink."""


def mean_field(
    activation: ActivationName = "relu",
    initialization: Initialization = "xavier_normal",
    *,
    depth: int = 50,
    width: int = 256,
    batch_norm: bool = False,
    residual: bool = False,
    gain: float = 1.0,
) -> pd.DataFrame:
    """The theory line: what `layer_statistics` tends to for wide layers.

    What goes into σ is normal, of variance v = nγ·E[h²]; so the next E[h²] is E[σ(√v ξ)²], ξ standard normal, and a
    gradient grows by nγ·E[σ′(√v ξ)²], + 1 if the layer is residual. Batch norm makes v = 1 whatever the weights are.

    Returns
    -------
    DataFrame
        Columns layer, activation_moment, jacobian. The last is NaN where a gradient does not meet independent weights:
        with batch norm, whose pull-back mixes the rows, and where a residual σ has a σ′ that is not even, as relu's:
        all pull-backs then share a direction, along which gradients grow faster.
    """
    import pandas as pd

    sigma, scale = ACTIVATIONS[activation], gain**2 * width * weight_variance(initialization, width, width)
    moments, means, gains = [1.0], 0.0, []
    for _ in range(depth):
        z = GRID * (1.0 if batch_norm else sqrt(scale * moments[-1]))
        out = sigma.value(z)
        square, mean = float(DENSITY @ out**2), float(DENSITY @ out)
        moments.append(square + (moments[-1] + 2.0 * means * mean if residual else 0.0))
        means = mean + (means if residual else 0.0)
        gains.append(scale * float(DENSITY @ sigma.slope(z) ** 2) + float(residual))
    back = np.sqrt(np.cumprod([1.0, *gains[::-1]]))[::-1]
    one = np.ones(1)
    unknown = batch_norm or (residual and sigma.slope(one) != sigma.slope(-one))
    return pd.DataFrame(
        {
            "layer": np.arange(depth + 1),
            "activation_moment": moments,
            "jacobian": np.full(depth + 1, np.nan) if unknown else back,
        }
    )


def vanishing_depth(dtype: Any, factor: float = 0.25) -> int:
    """Return after how many layers that each multiply by `factor` a gradient of 1 is exactly 0 in that dtype.

    The slope of a sigmoid is at most 1/4, at 0: 13 layers in float16, 75 in float32, 538 in float64 end every gradient
    without any saturation.
    """
    value, step, layers = np.asarray(1.0, dtype=dtype)[()], np.asarray(factor, dtype=dtype)[()], 0
    with np.errstate(all="ignore"):
        while value != 0:
            value, layers = value * step, layers + 1
    return layers

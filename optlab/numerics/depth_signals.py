"""What becomes of activations and gradients on their way through many random layers.

`depth_theory.mean_field` is what theory says of it.

Source: Glorot & Bengio (2010), section 4.2; He et al. (2015), section 2.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from optlab.numerics.clipping import clip_by_norm
from optlab.numerics.conditioning import Array
from optlab.numerics.initialization import Initialization, initial_weights
from optlab.numerics.networks import ActivationName, Layer, Stack

if TYPE_CHECKING:
    import pandas as pd

DEPTH, WIDTH = 50, 256
SEEDS, ROWS = 10, 16
BATCH = 64
"""Rows with batch norm, whose theory is that of a large batch."""
SETTLED = 0.5
"""Slopes are fitted from this part of the depth on, when what the input was is forgotten."""
TINY = 1e-300


def random_layers(
    widths: Sequence[int], rule: Initialization, random: np.random.Generator, gain: float = 1.0
) -> list[Layer]:
    """Return a layer of random weights, no bias, between each two of the widths."""
    return [Layer(initial_weights(rule, o, i, random, gain)) for i, o in pairwise(widths)]


def layer_statistics(
    activation: ActivationName = "relu",
    initialization: Initialization = "xavier_normal",
    *,
    depth: int = DEPTH,
    width: int | Sequence[int] = WIDTH,
    batch_norm: bool = False,
    residual: bool = False,
    gain: float = 1.0,
    clip: float = inf,
    seeds: int = SEEDS,
    rows: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Send normal inputs forward and normal gradients back through random networks.

    Parameters
    ----------
    activation, batch_norm, residual
        The `Stack`.
    initialization, gain
        Of the weights; the biases are 0.
    depth : int
        Number of layers, where width is one number.
    width : int or sequence of int
        Of every layer, the input included, or of each.
    clip : float
        A bound on the norm of all weight gradients together.
    seeds : int
        Random networks.
    rows : int, optional
        Examples for each; 16, or 64 with batch norm.
    seed : int
        Of all random numbers.

    Returns
    -------
    DataFrame
        A row for each network and layer (0 is the input): network, layer; activation_mean, activation_variance,
        activation_moment, the mean square; gradient_mean, gradient_variance, gradient_moment of ∂ℓ/∂hⁱ; jacobian,
        the mean gain √(‖∂hᵈ/∂hⁱ‖²_F / n_d) as random probes see it; weight_gradient, ‖∂ℓ/∂Wⁱ‖_F, and
        clipped_gradient, what clipping leaves of it; idle, the part of units with σ′ = 0.
    """
    import pandas as pd

    stack = Stack(activation, batch_norm, residual)
    widths = [width] * (depth + 1) if isinstance(width, int) else list(width)
    rows = (BATCH if batch_norm else ROWS) if rows is None else rows
    tables = []
    for network in range(seeds):
        random = np.random.default_rng([seed, network])
        layers = random_layers(widths, initialization, random, gain)
        X = random.standard_normal((rows, widths[0]))
        table = statistics_of(stack, layers, X, random.standard_normal((rows, widths[-1])), clip)
        table.insert(0, "network", network)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def statistics_of(stack: Stack, layers: Sequence[Layer], X: Array, D: Array, clip: float = inf) -> pd.DataFrame:
    """Return the statistics of one network for inputs X (m, n₀) and gradients D = ∂ℓ/∂hᵈ (m, n_d)."""
    import pandas as pd

    with np.errstate(all="ignore"):
        passes = stack.forward(layers, X)
        slopes, gradients = stack.backward(layers, passes, D)
        signals = [X, *(there.out for there in passes)]
        top = np.square(D).sum(axis=-1).mean() / D.shape[-1]
        columns: dict[str, Any] = {"layer": np.arange(len(signals))}
        for name, arrays in (("activation", signals), ("gradient", gradients)):
            columns[f"{name}_mean"] = [float(a.mean()) for a in arrays]
            columns[f"{name}_variance"] = [float(a.var()) for a in arrays]
            columns[f"{name}_moment"] = [float(np.square(a).mean()) for a in arrays]
        columns["jacobian"] = [
            float(np.sqrt(np.square(g).sum(axis=-1).mean() / (D.shape[-1] * top))) for g in gradients
        ]
        lengths = np.array([float(np.linalg.norm(s.W)) for s in slopes])
        columns["weight_gradient"] = [np.nan, *lengths]
        columns["clipped_gradient"] = [np.nan, *clip_by_norm(lengths, clip)]  # their norm is that of all gradients
        columns["idle"] = [0.0, *(float((there.slope == 0).mean()) for there in passes)]
    return pd.DataFrame(columns)


class Slopes(NamedTuple):
    """Change per layer of the logarithm of a signal's size, the mean over networks, and its standard error.

    Attributes
    ----------
    forward, forward_error : float
        Of the root mean square of the activations, from layer to layer.
    backward, backward_error : float
        Of the Jacobian ∂hᵈ/∂hᵗ, for each further layer between t and d: below 0 gradients vanish, above 0 they explode.
    """

    forward: float
    forward_error: float
    backward: float
    backward_error: float


def log_slopes(table: pd.DataFrame, settled: float = SETTLED) -> Slopes:
    """Fit straight lines to the logarithms of `activation_moment` (halved) and `jacobian`.

    From the layer `settled` · depth on: before, tanh and its kin still forget the input. Layers with nothing left are
    left out; NaN where fewer than two remain.
    """
    found = []
    networks = [rows for _, rows in table.groupby("network")] if "network" in table else [table]
    for whole in networks:
        rows = whole[whole["layer"] >= settled * whole["layer"].max()]
        layer = np.asarray(rows["layer"], dtype=float)
        found.append([_slope(layer, 0.5 * _log(rows["activation_moment"])), -_slope(layer, _log(rows["jacobian"]))])
    values = np.array(found)
    error = values.std(axis=0, ddof=1) / sqrt(len(values)) if len(values) > 1 else np.full(2, np.nan)
    mean = values.mean(axis=0)
    return Slopes(float(mean[0]), float(error[0]), float(mean[1]), float(error[1]))


def _log(values: Any) -> Array:
    values = np.asarray(values, dtype=float)
    return np.log(np.where(values > TINY, values, np.nan))


def _slope(x: Array, y: Array) -> float:
    there = np.isfinite(y)
    if there.sum() <= 1:
        return float("nan")
    x, y = x[there] - x[there].mean(), y[there]
    return float(x @ y / (x @ x))

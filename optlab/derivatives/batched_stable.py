"""The stable functions of optlab.numerics, of batches."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from optlab.derivatives.batched import FUNCTIONS, Batched, lifted
from optlab.derivatives.batched_shapes import axes_of, axis_of
from optlab.numerics.batch_normalization import inverse_deviation, standardize
from optlab.numerics.stable_elementwise import log_sigmoid, sigmoid, softplus
from optlab.numerics.stable_losses import _cross_entropy, binary_cross_entropy
from optlab.numerics.stable_reductions import log_softmax, logsumexp, softmax


def _elementwise(function: Callable[..., Any], *arrays: Any) -> Batched:
    return Batched(function(*map(lifted, arrays)))


def _along(function: Callable[..., Any], x: Any, axis: Any = -1, where: Any = None, **more: Any) -> Batched:
    mask = {} if where is None else {"where": np.asarray(where, bool)[..., None]}
    return Batched(function(x.data, axis=axes_of(axis, x.ndim), **mask, **more))


def _loss(logits: Any, targets: Any, axis: int = -1, where: Any = None) -> Batched:
    mask = None if where is None else np.asarray(where, bool)[..., None]
    place = axis_of(axis, np.ndim(logits))
    return Batched(_cross_entropy(lifted(logits), lifted(targets), axis=place, where=mask))


FUNCTIONS |= {f: partial(_elementwise, f) for f in (sigmoid, log_sigmoid, softplus, binary_cross_entropy)}
FUNCTIONS |= {f: partial(_along, f) for f in (softmax, log_softmax, logsumexp)}
FUNCTIONS |= {f: partial(_along, f) for f in (standardize, inverse_deviation)}
FUNCTIONS[_cross_entropy] = _loss

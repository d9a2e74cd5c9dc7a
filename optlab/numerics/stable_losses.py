"""Losses of classification, computed from logits.

The probabilities are never formed: ln 0 of a probability that was rounded to 0 cannot be repaired afterwards, and an ε
added to it caps the loss. Results have the type of the logits; no floating-point warning is raised; gradients of any
order go through autograd.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.core.status import InputError
from optlab.numerics.stable_reductions import log_softmax
from optlab.numerics.tracing import floats, rounded, traceable


def cross_entropy(logits: Any, targets: Any, axis: int = -1, where: Any = None) -> Any:
    """−Σ tᵢ ln softmax(x)ᵢ along an axis: one loss for each sample, the shape of the logits without the axis.

    Parameters
    ----------
    logits : array of real numbers
        A class with logit −∞ is impossible: it costs nothing where its target is 0, and ∞ where it is not.
    targets : array
        Probabilities, in a shape that broadcasts to the logits'; or classes: whole numbers, in the shape of the result.
    axis : int
        The axis of the classes.
    where : array of bool, broadcastable to the logits
        False takes a class out, with its target.

    Raises
    ------
    InputError
        Where the targets fit neither as probabilities nor as classes.

    Source: Goodfellow, Bengio & Courville (2016), Deep Learning, equations 6.29 and 6.30.

    >>> float(cross_entropy([1.0, 2.0, 3.0], [0.0, 1.0, 0.0])), float(cross_entropy([0.0, -np.inf], [1.0, 0.0]))
    (1.4076059644443804, 0.0)
    >>> cross_entropy([[2.0, 1.0], [1.0, 3.0]], [0, 1])
    array([0.31326169, 0.12692801])
    """
    return _cross_entropy(logits, _probabilities(targets, np.shape(logits), axis), axis=axis, where=where)


@traceable
def _cross_entropy(logits: Any, targets: Any, axis: int = -1, where: Any = None) -> Any:
    a, kind = floats(logits)
    t = floats(targets)[0].astype(a.dtype, copy=False)
    there = True if where is None else np.asarray(where, bool)
    with np.errstate(all="ignore"):
        costs = np.where((t != 0) & there, -t * log_softmax(a, axis, where), a.dtype.type(0))
        return rounded(np.sum(_last(costs, axis), axis=-1), kind)


def _last(a: Any, axis: int) -> Any:
    return np.ascontiguousarray(np.moveaxis(a, axis, -1))


def _probabilities(targets: Any, shape: tuple[int, ...], axis: int) -> Any:
    """Return the targets as probabilities: a class becomes a row with a 1 at its place."""
    kept = list(shape)
    classes = kept.pop(axis)
    given = np.shape(targets)
    fits = len(given) <= len(shape) and all(k in (1, n) for k, n in zip(given[::-1], shape[::-1], strict=False))
    if given == tuple(kept) and (dtype := np.asarray(targets).dtype).kind in "iu":
        places = np.expand_dims(np.asarray(targets), axis)
        if places.size and not (places.min() >= 0 and places.max() < classes):
            msg = f"targets must be classes from 0 to {classes - 1}, given {places.min()} to {places.max()} ({dtype})"
            raise InputError(msg)
        counted = np.arange(classes).reshape([-1 if i == axis % len(shape) else 1 for i in range(len(shape))])
        return (places == counted).astype(np.float16)  # 0 and 1 are exact in every type
    if not fits:
        msg = (
            f"targets must be probabilities in the logits' shape {shape} or whole numbers, the classes, in shape "
            f"{tuple(kept)}, given shape {given}"
        )
        raise InputError(msg)
    return targets


@traceable
def binary_cross_entropy(logits: Any, targets: Any) -> Any:
    """−y ln σ(x) − (1 − y) ln(1 − σ(x)) of each logit x and target y, in their broadcast shape.

    Computed as (1 − y) max(x, 0) + y max(−x, 0) + ln(1 + e^−|x|): for y from 0 to 1 no term is negative, so that
    nothing cancels. An infinite logit costs 0 where it agrees with the target, ∞ where it does not.

    Source: Goodfellow, Bengio & Courville (2016), section 6.2.2.2; Mächler (2012), section 4, for the last term.

    >>> float(binary_cross_entropy(np.float32(-17.0), 0.0)), float(binary_cross_entropy(1000.0, 0.0))
    (4.139937814784389e-08, 1000.0)
    """
    a, kind = floats(logits)
    y = floats(targets)[0].astype(a.dtype, copy=False)
    zero = a.dtype.type(0)
    with np.errstate(all="ignore"):
        right, left = np.maximum(a, zero), np.maximum(-a, zero)
        linear = np.where(y == 1, zero, (1 - y) * right) + np.where(y == 0, zero, y * left)
        return rounded(linear + np.logaddexp(zero, -np.abs(a)), kind)

"""Batch normalization with its backward pass.

Moments are taken in two passes, about a mean that is corrected once, on values scaled by a power of two: no square
overflows, and what is constant becomes exactly 0. float16 is computed in float32 and rounded once.

Source: Ioffe & Szegedy (2015), Batch Normalization, algorithm 1 and section 3; Higham (2002), section 1.9 (variance).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.numerics.tracing import Floats, floats, is_box, rounded, traceable

EPS = 1e-5
"""Added to the variance; what every library takes, and what a variance below 1e−5 is drowned in."""


def batch_norm(x: Any, gamma: Any = 1.0, beta: Any = 0.0, axis: Any = 0, eps: float = EPS) -> Any:
    """γ (x − μ)/√(v + ε) + β, the shape and type of x, with mean μ and biased variance v over `axis`.

    Parameters
    ----------
    x : array
        Samples and features; infinite or NaN entries make their feature NaN.
    gamma, beta : number or array
        One entry for each feature: the shape of x without `axis`; or what broadcasts to x.
    axis : int or tuple
        The axes of the samples: 0 for (samples, features), (0, 2, 3) for images. A batch of one sample gives β.
    eps : float
        ε ≥ 0. With ε = 0 a constant feature gives β.

    >>> batch_norm(np.array([[1.0], [3.0]])).ravel().round(6)
    array([-0.999995,  0.999995])
    """
    with np.errstate(all="ignore"):
        return _like(gamma, x, axis) * standardize(x, axis=axis, eps=eps) + _like(beta, x, axis)


def batch_norm_backward(
    g: Any, x: Any, gamma: Any = 1.0, axis: Any = 0, eps: float = EPS
) -> tuple[Floats, Floats, Floats]:
    """Return (∂ℓ/∂x, ∂ℓ/∂γ, ∂ℓ/∂β) from g = ∂ℓ/∂y at y = batch_norm(x, γ, β).

    The first has the shape of x; the others one entry for each feature.
    """
    g, normal = np.asarray(g), standardize(x, axis=axis, eps=eps)
    with np.errstate(all="ignore"):
        scaled = _like(gamma, x, axis) * g
        mean, along = (np.mean(a, axis=axis, keepdims=True) for a in (scaled, scaled * normal))
        slope = inverse_deviation(x, axis=axis, eps=eps) * (scaled - mean - normal * along)
        return slope, np.sum(g * normal, axis=axis), np.sum(g, axis=axis)


@traceable
def standardize(x: Any, axis: Any = 0, eps: float = EPS) -> Any:
    """(x − μ)/√(v + ε), the shape of x."""
    a, kind = floats(x)
    with np.errstate(all="ignore"):
        d, deviation, _ = _moments(a, axis, eps)
        return rounded(np.where(d == 0, d, d / deviation), kind)


@traceable
def inverse_deviation(x: Any, axis: Any = 0, eps: float = EPS) -> Any:
    """1/√(v + ε), the shape of x with axes of length 1."""
    a, kind = floats(x)
    with np.errstate(all="ignore"):
        _, deviation, scale = _moments(a, axis, eps)
        return rounded(1 / deviation / scale, kind)


def _moments(a: Floats, axis: Any, eps: float) -> tuple[Floats, Floats, Floats]:
    """Return (x − μ)/s, √(v + ε)/s and s, a power of two near the largest |x − μ|; at least 1 unless ε = 0."""
    if not a.size:
        ones = np.ones(np.sum(a, axis=axis, keepdims=True).shape, a.dtype)
        return a, ones, ones
    first = _power(a, axis, eps)
    d = a / first
    d = d - np.mean(d, axis=axis, keepdims=True)
    d = d - np.mean(d, axis=axis, keepdims=True)
    scale = np.maximum(first * _power(d, axis, 0.0), _least(eps))
    d = d / (scale / first)
    return d, np.sqrt(np.mean(d * d, axis=axis, keepdims=True) + eps / scale / scale), scale


def _power(a: Floats, axis: Any, eps: float) -> Floats:
    """The power of two just below the largest |a|; 1 where that is 0."""
    largest = np.max(np.abs(a), axis=axis, keepdims=True)
    exponent = np.where(largest > 0, np.frexp(largest)[1] - 1, 0)
    return np.maximum(np.ldexp(a.dtype.type(1), exponent), _least(eps))


def _least(eps: float) -> int:
    """What a scale must not fall below: smaller squares vanish beside ε, and ε/s² must not overflow."""
    return 1 if eps else 0


def _like(parameter: Any, x: Any, axis: Any) -> Any:
    """Return γ or β in the type of x, in a shape that broadcasts to x."""
    shape = np.shape(x)
    axes = np.lib.array_utils.normalize_axis_tuple(axis, len(shape))
    if not is_box(parameter):
        kind = getattr(x, "dtype", np.dtype(float))
        parameter = np.asarray(parameter).astype(kind if kind.kind == "f" else float, copy=False)
    if axes and np.shape(parameter) == tuple(n for i, n in enumerate(shape) if i not in axes):
        return parameter.reshape([1 if i in axes else n for i, n in enumerate(shape)])
    return parameter

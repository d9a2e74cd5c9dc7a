"""The textbook forms, as they stand in tutorials: specimens to compare with, not to use.

Each is evaluated in the type of its argument, exactly as written; floating-point flags stay silent here (see
`optlab.numerics.flags` to hear them). They are written in autograd's NumPy, so that the gradients that go wrong can be
seen too. What each does wrong is its docstring; the right function of the same purpose is in `optlab.numerics`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import autograd.numpy as np
from numpy import errstate


def _silent(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with errstate(all="ignore"):
            arrays = [np.array(a) if isinstance(a, (list, tuple)) else a for a in args]
            return function(*arrays, **kwargs)

    return call


@_silent
def softmax(x: Any) -> Any:
    """e^xᵢ / Σ e^xⱼ along the last axis. NaN where an exponential overflows, or where all underflow."""
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)


@_silent
def softmax_of_all(x: Any) -> Any:
    """With the maximum taken out, but over all entries: in a batch the rows compete, and sum to anything but 1."""
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


@_silent
def log_softmax(x: Any) -> Any:
    """The logarithm of softmax: −∞ where the probability underflows, 0 where it rounds to 1."""
    return np.log(softmax(x))


@_silent
def log_softmax_shifted(x: Any) -> Any:
    """Form x − max − ln Σ e^(xⱼ − max), by rows: what is below an ulp of 1 is lost beside the maximum."""
    d = x - np.max(x, axis=-1, keepdims=True)
    return d - np.log(np.sum(np.exp(d), axis=-1, keepdims=True))


@_silent
def log_softmax_of_all(x: Any) -> Any:
    """The shifted form over all entries instead of each row."""
    d = x - np.max(x)
    return d - np.log(np.sum(np.exp(d)))


@_silent
def logsumexp(x: Any) -> Any:
    """Form ln Σ e^xⱼ: ∞ where an exponential overflows, −∞ where all underflow."""
    return np.log(np.sum(np.exp(x), axis=-1))


@_silent
def logsumexp_shifted(x: Any) -> Any:
    """Form max + ln Σ e^(xⱼ − max): NaN with an infinite maximum, 0 at (0, −40)."""
    m = np.max(x, axis=-1, keepdims=True)
    return np.squeeze(m, -1) + np.log(np.sum(np.exp(x - m), axis=-1))


@_silent
def sigmoid_1(x: Any) -> Any:
    """1/(1 + e⁻ˣ): right at every x in IEEE arithmetic but in the last subnormal numbers; its gradient is not."""
    return 1 / (1 + np.exp(-x))


@_silent
def sigmoid_2(x: Any) -> Any:
    """eˣ/(eˣ + 1): ∞/∞ = NaN at large x."""
    return np.exp(x) / (np.exp(x) + 1)


@_silent
def sigmoid_where(x: Any) -> Any:
    """Form 1 where x > 0, else form 2, chosen by `where`: both are evaluated, so that the gradient is 0 · NaN."""
    return np.where(x > 0, 1 / (1 + np.exp(-x)), np.exp(x) / (np.exp(x) + 1))


@_silent
def sigmoid_slope(x: Any) -> Any:
    """e⁻ˣ/(1 + e⁻ˣ)², the derivative of form 1: ∞/∞ = NaN at −1000, and 0 at −400, where it is 1.9e−174."""
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


@_silent
def log_sigmoid(x: Any) -> Any:
    """ln(1/(1 + e⁻ˣ)): −∞ where e⁻ˣ overflows, 0 where e⁻ˣ is below an ulp of 1."""
    return np.log(1 / (1 + np.exp(-x)))


@_silent
def softplus(x: Any) -> Any:
    """ln(1 + eˣ): ∞ where eˣ overflows, 0 where eˣ is below an ulp of 1."""
    return np.log(1 + np.exp(x))


@_silent
def cross_entropy(x: Any, y: Any) -> Any:
    """−Σ yᵢ ln softmax(x)ᵢ along the last axis: NaN or ∞ where softmax fails or underflows."""
    return -np.sum(y * np.log(softmax(x)), axis=-1)


@_silent
def cross_entropy_shifted(x: Any, y: Any) -> Any:
    """−Σ yᵢ log_softmax(x)ᵢ: 0 · (−∞) = NaN where a class is impossible."""
    return -np.sum(y * log_softmax_shifted(x), axis=-1)


@_silent
def cross_entropy_of_all(x: Any, y: Any) -> Any:
    """−Σ y · log_softmax over all entries of a batch: not the sum of the rows' losses."""
    return -np.sum(y * log_softmax_of_all(x))


@_silent
def cross_entropy_of_probabilities(p: Any, y: Any) -> Any:
    """−Σ yᵢ ln pᵢ: 0 · (−∞) = NaN at p = (1, 0), y = (1, 0), where the loss is 0."""
    return -np.sum(y * np.log(p), axis=-1)


@_silent
def cross_entropy_with_epsilon(x: Any, y: Any, eps: float = 1e-8) -> Any:
    """−Σ yᵢ ln(softmax(x)ᵢ + ε): never above −ln ε, with a gradient of 0 there; ε vanishes in a narrow type."""
    p = softmax_shifted(x)
    return -np.sum(y * np.log(p + eps), axis=-1)


@_silent
def softmax_shifted(x: Any) -> Any:
    """e^(xᵢ − max) / Σ e^(xⱼ − max) along the last axis: right, but NaN at any ∞."""
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


@_silent
def binary_cross_entropy(x: Any, y: Any) -> Any:
    """−y ln p − (1 − y) ln(1 − p) with p = 1/(1 + e⁻ˣ): ∞ or NaN where p rounds to 0 or to 1."""
    p = 1 / (1 + np.exp(-x))
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


@_silent
def binary_cross_entropy_expanded(x: Any, y: Any) -> Any:
    """Form x − xy + ln(1 + e⁻ˣ): cancels at negative x where y = 0, is 0 at large x where y = 1."""
    return x - x * y + np.log(1 + np.exp(-x))


@_silent
def binary_cross_entropy_shifted(x: Any, y: Any) -> Any:
    """Form x − xy + (m + ln(e⁻ᵐ + e⁻ˣ⁻ᵐ)) with m = max(0, −x): called safe, never overflows, and still cancels."""
    m = np.maximum(0 * x, -x)
    return x - x * y + (m + np.log(np.exp(-m) + np.exp(-x - m)))


@_silent
def batch_norm(x: Any, gamma: float = 1.0, beta: float = 0.0, eps: float = 1e-5) -> Any:
    """γ (x − μ)/√(v + ε) + β over the first axis: the sum of squares overflows, in float16 at (200, −200)."""
    return gamma * ((x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + eps)) + beta

"""Derivatives of the stable functions, for autograd: written in stable functions, so that they can be traced again.

| f | derivative |
|---|---|
| σ(x) | σ(x) σ(−x) |
| ln σ(x) | σ(−x) |
| ln(1 + eˣ) | σ(x) |
| p = softmax(x) | g ↦ p (g − Σ p g), forwards and backwards |
| log_softmax(x) | v ↦ v − Σ p v; backwards g ↦ g − p Σ g |
| logsumexp(x) | p |
| cross entropy | p Σ t − t |
| binary cross entropy | (1 − y) σ(x) − y σ(−x), which is σ(x) − y without cancellation |
| standardized x̂ = r (x − μ), r = 1/√(v + ε) | g ↦ r (g − mean g − x̂ mean(x̂ g)), both ways; dr = −r² mean(x̂ dx) |

Source: Blanchard, Higham & Higham (2021), section 2; Ioffe & Szegedy (2015), Batch Normalization, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defjvp, defvjp, primitive
from autograd.tracer import getval, isbox

from optlab.numerics import batch_normalization, stable_elementwise, stable_losses, stable_reductions
from optlab.numerics.batch_normalization import EPS, inverse_deviation, standardize
from optlab.numerics.stable_elementwise import sigmoid
from optlab.numerics.stable_reductions import log_softmax, softmax

PRIMITIVES: dict[str, Any] = {}
"""Name of a function → its primitive of autograd."""
Derivative = Callable[..., Any]


def enter(module: Any, name: str) -> Any:
    """Make a primitive of the plain function beneath a public one."""
    plain = getattr(module, name).__wrapped__
    PRIMITIVES[name] = primitive(plain)
    return PRIMITIVES[name]


def elementwise(module: Any, name: str, *derivatives: Derivative) -> None:
    """Enter a function of arrays that are broadcast, with ∂f/∂(argument) of the arguments for each."""
    function = enter(module, name)

    def back(i: int) -> Any:
        def rule(_ans: Any, *args: Any) -> Any:
            return lambda g: _fitted(g * derivatives[i](*args), args[i])

        return rule

    def forth(i: int) -> Any:
        return lambda g, ans, *args: anp.broadcast_to(g * derivatives[i](*args), np.shape(ans))

    defvjp(function, *(back(i) for i in range(len(derivatives))))
    defjvp(function, *(forth(i) for i in range(len(derivatives))))


def _fitted(g: Any, x: Any) -> Any:
    """Sum a cotangent over the axes that x was broadcast along."""
    shape = np.shape(x)
    if np.shape(g) == shape:
        return g
    while np.ndim(g) > len(shape):
        g = anp.sum(g, axis=0)
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and np.shape(g)[i] != 1)
    return anp.sum(g, axis=stretched, keepdims=True) if stretched else g


def _total(a: Any, axis: Any) -> Any:
    return anp.sum(a, axis=axis, keepdims=True)


def _spread(g: Any, x: Any, axis: Any, keepdims: bool = False) -> Any:
    """Give g back the axes of x that were reduced, with length 1."""
    return g if keepdims else anp.reshape(g, np.sum(np.empty(np.shape(x), bool), axis=axis, keepdims=True).shape)


def _typed(y: Any, x: Any) -> Any:
    """Return a target in the type of the logits, so that no wider array is made."""
    return y if isbox(y) else np.asarray(y).astype(np.result_type(getval(x)), copy=False)


def _kept(a: Any, where: Any) -> Any:
    """Put 0 where something is masked."""
    return a if where is None else anp.where(where, a, 0.0)


elementwise(stable_elementwise, "sigmoid", lambda x: sigmoid(x) * sigmoid(-x))
elementwise(stable_elementwise, "log_sigmoid", lambda x: sigmoid(-x))
elementwise(stable_elementwise, "softplus", sigmoid)
elementwise(
    stable_losses,
    "binary_cross_entropy",
    lambda x, y: (1 - _typed(y, x)) * sigmoid(x) - _typed(y, x) * sigmoid(-x),
    lambda x, y: 0 * _typed(y, x) - x,
)

_function = enter(stable_reductions, "softmax")
defvjp(_function, lambda p, _x, axis=-1, *_, **__: lambda g: p * (g - _total(p * g, axis)))
defjvp(_function, lambda v, p, _x, axis=-1, *_, **__: p * (v - _total(p * v, axis)))

_function = enter(stable_reductions, "log_softmax")
defvjp(
    _function,
    lambda _ans, x, axis=-1, where=None: (
        lambda g: _kept(g, where) - softmax(x, axis, where) * _total(_kept(g, where), axis)
    ),
)
defjvp(
    _function,
    lambda v, _ans, x, axis=-1, where=None: _kept(v - _total(softmax(x, axis, where) * v, axis), where),
)

_function = enter(stable_reductions, "logsumexp")
defvjp(
    _function,
    lambda _ans, x, axis=-1, where=None, keepdims=False: (
        lambda g: _spread(g, x, axis, keepdims) * softmax(x, axis, where)
    ),
)
defjvp(
    _function,
    lambda v, _ans, x, axis=-1, where=None, keepdims=False: anp.sum(
        softmax(x, axis, where) * v, axis=axis, keepdims=keepdims
    ),
)


def _excess(x: Any, t: Any, axis: Any, where: Any) -> Any:
    """Return p Σ t − t."""
    t = _kept(_typed(t, x) + anp.zeros(np.shape(x), np.result_type(getval(x))), where)
    return softmax(x, axis, where) * _total(t, axis) - t


def _costs(x: Any, axis: Any, where: Any) -> Any:
    return _kept(-log_softmax(x, axis, where), where)


_function = enter(stable_losses, "_cross_entropy")
defvjp(
    _function,
    lambda _ans, x, t, axis=-1, where=None: lambda g: _spread(g, x, axis) * _excess(x, t, axis, where),
    lambda _ans, x, t, axis=-1, where=None: lambda g: _fitted(_spread(g, x, axis) * _costs(x, axis, where), t),
)
defjvp(
    _function,
    lambda v, _ans, x, t, axis=-1, where=None: anp.sum(_excess(x, t, axis, where) * v, axis=axis),
    lambda v, _ans, x, _t, axis=-1, where=None: anp.sum(_costs(x, axis, where) * v, axis=axis),
)


def _mean(a: Any, axis: Any) -> Any:
    return anp.mean(a, axis=axis, keepdims=True)


def _centered(v: Any, ans: Any, x: Any, axis: Any, eps: float) -> Any:
    return inverse_deviation(x, axis=axis, eps=eps) * (v - _mean(v, axis) - ans * _mean(ans * v, axis))


def _per_entry(r: Any, x: Any, axis: Any, eps: float) -> Any:
    """−r² x̂, of which the derivative of r is the mean."""
    return -r * r * standardize(x, axis=axis, eps=eps)


_function = enter(batch_normalization, "standardize")
defvjp(_function, lambda ans, x, axis=0, eps=EPS: lambda g: _centered(g, ans, x, axis, eps))
defjvp(_function, lambda v, ans, x, axis=0, eps=EPS: _centered(v, ans, x, axis, eps))

_function = enter(batch_normalization, "inverse_deviation")
defvjp(
    _function,
    lambda r, x, axis=0, eps=EPS: lambda g: g * _per_entry(r, x, axis, eps) * (np.size(r) / np.size(x)),
)
defjvp(_function, lambda v, r, x, axis=0, eps=EPS: _mean(_per_entry(r, x, axis, eps) * v, axis))

"""Derivatives at many points from one trace, where the function allows; else point by point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np

from optlab.derivatives import Array, Scalar
from optlab.derivatives.batched import Batched, ends
from optlab.derivatives.forms import traced
from optlab.derivatives.linear import AGREE, BLOCK, FEWEST, through
from optlab.derivatives.reverse import gradient, point, pulled, scalar
from optlab.derivatives.second import hessian
from optlab.derivatives.tape import Tape


def gradients(f: Scalar, X: Any) -> Array:
    """∇f of every row of X, shape (K, n), for a function of one (n,) point.

    f is called with all points behind a hidden axis. What it cannot do for many points at once (a decision that
    depends on x) and a result that differs from the one-point gradient at one row both lead to a loop over the rows.
    """
    X = point(X)
    return _together(X, 1, lambda x: gradient(f, x), lambda Z: _slopes(f, Z), f)


def hessians(f: Scalar, X: Any) -> Array:
    """∇²f of every row of X, shape (K, n, n); as `gradients`, the unit vectors of all points pulled together."""
    X = point(X)
    return _together(X, X.shape[1], lambda x: hessian(f, x), lambda Z: _curvatures(f, Z), f)


def _together(
    X: Array, tangents: int, single: Callable[[Array], Array], batch: Callable[[Array], Array], f: Scalar
) -> Array:
    """Return what `batch` gives for all rows, checked by `single` at one; `single` at every row where that fails."""
    K, n = X.shape
    shape = (K, n) if tangents == 1 else (K, n, n)
    if K >= FEWEST:
        i = K // 2
        right = single(X[i])
        width = traced(f, X[i], lambda way: Tape(scalar(way), X[i]).width)
        most = BLOCK // (max(width, n) * tangents)
        if most >= FEWEST:
            try:
                out = np.concatenate([batch(X[j : j + most].T.copy()) for j in range(0, K, most)]).astype(X.dtype)
            except Exception:  # whatever the function cannot do for many points at once it may do for one
                out = None
            if out is not None and _agree(out[i], right, out):
                return out.reshape(shape)
    return np.array([single(x) for x in X], dtype=X.dtype).reshape(shape)


def _agree(given: Array, right: Array, everything: Array) -> bool:
    size = float(np.abs(everything[np.isfinite(everything)]).max(initial=0.0))
    return bool(np.allclose(given, right, rtol=0.0, atol=AGREE * size, equal_nan=True))


def values_and_gradients(f: Scalar, Z: Array) -> tuple[Array, Array]:
    """F and ∇f at the columns of Z, shapes (B,) and (n, B), from one trace.

    Raises
    ------
    NotBatchableError
        Where f cannot be evaluated for many points at once; other errors of the attempt pass through.
    """
    tape = Tape(lambda z: ends(f(Batched(z)), z.shape[1]), Z)
    slopes = tape.pull(np.ones(Z.shape[1])) if tape.order else np.zeros(Z.shape)
    return np.asarray(tape.value), np.asarray(slopes)


def _sum_of_values(f: Scalar) -> Scalar:
    """Return Σ f(z_b) as a function of the (n, B) points z_b: its gradient holds all gradients."""
    return lambda Z: anp.sum(ends(f(Batched(Z)), Z.shape[1]))


def _slopes(f: Scalar, Z: Array) -> Array:
    return np.asarray(pulled(Tape(_sum_of_values(f), Z), Z)).T


def _curvatures(f: Scalar, Z: Array) -> Array:
    """Return ∇²f at the columns of Z, shape (B, n, n): e_j at every point is one cotangent of all gradients."""
    total, (n, B) = _sum_of_values(f), Z.shape
    tape = Tape(lambda z: pulled(Tape(total, z), z), Z)
    if not tape.order:
        return np.zeros((B, n, n))
    units = np.broadcast_to(np.eye(n)[:, None, :], (n, B, n))
    H = np.broadcast_to(tape.pull(Batched(units.copy()), through).data, (n, B, n)).transpose(1, 0, 2)
    return np.asarray(0.5 * (H + H.transpose(0, 2, 1)))

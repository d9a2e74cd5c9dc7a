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
from optlab.derivatives.second import hessian, hvp
from optlab.derivatives.tape import Tape


def gradients(f: Scalar, X: Any) -> Array:
    """∇f of every row of X, shape (K, n), for a function of one (n,) point.

    f is called with all points behind a hidden axis. What it cannot do for many points at once (a decision that
    depends on x) and a result that differs from the one-point gradient at one row both lead to a loop over the rows.
    """
    X = point(X)
    return _at_once(f, X, 1, lambda i: gradient(f, X[i]), lambda some: _slopes(f, X[some].T.copy()))


def hessians(f: Scalar, X: Any) -> Array:
    """∇²f of every row of X, shape (K, n, n); as `gradients`, the unit vectors of all points pulled together."""
    X = point(X)
    n = X.shape[1]
    return _at_once(f, X, n, lambda i: hessian(f, X[i]), lambda some: _curvatures(f, X[some].T.copy()))


def hvps(f: Scalar, X: Any, V: Any) -> Array:
    """∇²f(x) v for every row x of X and v of V, shape (K, n); as `gradients`, all directions pulled together."""
    X, V = point(X), point(V)
    return _at_once(f, X, 1, lambda i: hvp(f, X[i], V[i]), lambda some: _along(f, X[some].T.copy(), V[some].T.copy()))


def together(f: Scalar, x: Any) -> int:
    """Return how many numbers a point takes in the largest array of ∇f; 0 where many points go one by one."""
    x = point(x)
    width = _width(f, x)
    if width * FEWEST > BLOCK:
        return 0
    try:
        right, slopes = gradient(f, x), _slopes(f, np.tile(x[:, None], FEWEST))
    except Exception:  # what it cannot do, it does not do at once
        return 0
    return width if _agree(slopes[0], right, slopes) else 0


def _width(f: Scalar, x: Array) -> int:
    return max(x.size, traced(f, x, lambda way: Tape(scalar(way), x).width))


def _at_once(
    f: Scalar, X: Array, tangents: int, single: Callable[[int], Array], batch: Callable[[slice], Array]
) -> Array:
    """Return what `batch` gives for all rows, checked by `single` at one; `single` at every row where that fails."""
    K, n = X.shape
    shape = (K, n) if tangents == 1 else (K, n, n)
    if K >= FEWEST:
        i = K // 2
        right = single(i)
        most = BLOCK // (_width(f, X[i]) * tangents)
        if most >= FEWEST:
            try:
                out = np.concatenate([batch(slice(j, j + most)) for j in range(0, K, most)]).astype(X.dtype)
            except Exception:  # whatever the function cannot do for many points at once it may do for one
                out = None
            if out is not None and _agree(out[i], right, out):
                return out.reshape(shape)
    return np.array([single(i) for i in range(K)], dtype=X.dtype).reshape(shape)


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


def _along(f: Scalar, Z: Array, V: Array) -> Array:
    """Return ∇²f(z) v for the columns of Z and V, shape (B, n): the Hessian of the sum of f(z) has blocks ∇²f(z)."""
    total = _sum_of_values(f)
    tape = Tape(lambda z: pulled(Tape(total, z), z), Z)
    return np.asarray(tape.pull(V) if tape.order else np.zeros(Z.shape)).T


def _curvatures(f: Scalar, Z: Array) -> Array:
    """Return ∇²f at the columns of Z, shape (B, n, n): e_j at every point is one cotangent of all gradients."""
    total, (n, B) = _sum_of_values(f), Z.shape
    tape = Tape(lambda z: pulled(Tape(total, z), z), Z)
    if not tape.order:
        return np.zeros((B, n, n))
    units = np.broadcast_to(np.eye(n)[:, None, :], (n, B, n))
    H = np.broadcast_to(tape.pull(Batched(units.copy()), through).data, (n, B, n)).transpose(1, 0, 2)
    return np.asarray(0.5 * (H + H.transpose(0, 2, 1)))

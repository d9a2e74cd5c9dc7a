"""The limited-memory BFGS matrix B itself, not its inverse, in compact form: what methods for bounds need.

B = θI − W M Wᵀ with W = [Y, θS] and M⁻¹ = [[−D, Lᵀ], [L, θSᵀS]], D and L being the diagonal of SᵀY and what is
below it. Nothing of size n × n is formed.

Source: Byrd, Nocedal & Schnabel (1994), theorem 2.3; Byrd, Lu, Nocedal & Zhu (1995), equation 3.2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.routines import routines

CHUNK = 512
"""So many columns of Wᵀ go into a product of matrices: few enough that BLAS does not hand them to threads, which wait
for each other longer than the product takes."""

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


class Pairs(NamedTuple):
    """Steps and changes of the gradient, oldest first, with their products.

    Attributes
    ----------
    S, Y : tuples of k (n,) arrays
        The steps and the changes of the gradient; sᵀy > 0.
    SS, SY, YY : (k, k) arrays
        SᵀS, SᵀY and YᵀY.
    """

    S: tuple[Array, ...]
    Y: tuple[Array, ...]
    SS: Array
    SY: Array
    YY: Array


NO_PAIRS = Pairs((), (), *(np.zeros((0, 0)) for _ in range(3)))


def appended(pairs: Pairs, s: Array, y: Array, m: int) -> Pairs:
    """Return the pairs with another one; the oldest is dropped where there are more than m. 4k products of vectors."""
    first = max(0, len(pairs.S) + 1 - m)
    S, Y = (*pairs.S[first:], s), (*pairs.Y[first:], y)
    k, dot = len(S), routines(s).dot
    SS, SY, YY = (np.empty((k, k), s.dtype) for _ in range(3))
    for new, old in zip((SS, SY, YY), pairs[2:], strict=True):
        new[:-1, :-1] = old[first:, first:]
    SS[:, -1] = SS[-1, :] = [dot(a, s) for a in S]
    YY[:, -1] = YY[-1, :] = [dot(a, y) for a in Y]
    SY[-1, :-1] = [dot(s, a) for a in Y[:-1]]
    SY[:, -1] = [dot(a, y) for a in S]
    return Pairs(S, Y, SS, SY, YY)


class LimitedHessian(NamedTuple):
    """B, ready for use.

    Attributes
    ----------
    theta : float
        θ = yᵀy/sᵀy of the newest pair.
    pairs : Pairs
        What it was made from, one pair at least.
    inverse, M : (2k, 2k) arrays
        M⁻¹ and M.
    """

    theta: float
    pairs: Pairs
    inverse: Array
    M: Array

    def columns(self, v: Array) -> Array:
        """Return Wᵀv, shape (2k,)."""
        theta, (S, Y, *_), dot = self.theta, self.pairs, routines(v).dot
        return np.array([dot(y, v) for y in Y] + [theta * dot(s, v) for s in S], v.dtype)

    def rows(self, chosen: Indices) -> Array:
        """Return the columns of Wᵀ that belong to chosen components, shape (2k, many)."""
        S, Y, *_ = self.pairs
        k = len(S)
        rows = np.empty((2 * k, chosen.size), S[0].dtype)
        for i, v in enumerate((*Y, *S)):
            v.take(chosen, out=rows[i], mode="clip")  # "raise" would go through a buffer
        rows[k:] *= self.theta
        return rows

    def middle(self, u: Array) -> Array:
        """Return Mu; u is (2k,) or (2k, many)."""
        if u.ndim == 1:
            return np.asarray(self.M.dot(u))
        return np.concatenate([self.M @ u[:, i : i + CHUNK] for i in range(0, u.shape[1], CHUNK)], axis=1)

    def square(self, chosen: Indices) -> Array:
        """Return WᵀW of the rows of chosen components alone, shape (2k, 2k)."""
        total = np.zeros_like(self.inverse)
        for i in range(0, chosen.size, CHUNK):
            rows = self.rows(chosen[i : i + CHUNK])
            total += rows @ rows.T
        return total

    def add(self, u: Array, v: Array) -> Array:
        """Return v + Wu, written into v, which is an array of the caller's own."""
        (S, Y, *_), n, k = self.pairs, v.size, len(self.pairs.S)
        axpy = routines(v).axpy
        for y, a in zip(Y, u[:k].tolist(), strict=True):
            axpy(y, v, n, a)
        for s, a in zip(S, (self.theta * u[k:]).tolist(), strict=True):
            axpy(s, v, n, a)
        return v

    def gram(self) -> Array:
        """Return WᵀW, shape (2k, 2k)."""
        theta, (_, _, SS, SY, YY) = self.theta, self.pairs
        return _blocks(YY, theta * SY, (theta * theta) * SS)


def limited_hessian(pairs: Pairs) -> LimitedHessian:
    """Return B of the pairs, from θI."""
    _, _, SS, SY, YY = pairs
    theta, k = float(YY[-1, -1]) / float(SY[-1, -1]), len(SY)
    inverse = _blocks(np.zeros_like(SY), SY * _below(k, SY.dtype), theta * SS)
    inverse.ravel()[: 2 * k * k : 2 * k + 1] = -SY.diagonal()
    return LimitedHessian(theta, pairs, inverse, routines(SY).gesv(inverse, np.eye(2 * k, dtype=SY.dtype))[2])


@lru_cache
def _below(k: int, dtype: Any) -> Array:
    """Return (k, k) ones below the diagonal, zeros elsewhere."""
    return np.tri(k, k, -1, dtype)


def _blocks(a: Array, b: Array, c: Array) -> Array:
    """Return [[a, bᵀ], [b, c]]."""
    k = len(a)
    full = np.empty((2 * k, 2 * k), a.dtype)
    full[:k, :k], full[k:, :k], full[:k, k:], full[k:, k:] = a, b, b.T, c
    return full

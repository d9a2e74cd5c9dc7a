"""BFGS from the last few pairs (s, y), on plain arrays: no n × n matrix is formed.

`quasi_newton` says how BLAS is called.

Source: Nocedal & Wright (2006), section 7.2; Byrd, Nocedal & Schnabel (1994).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.narrow import DOUBLE
from optlab.kernels.quasi_newton import scaling
from optlab.kernels.routines import DOUBLES, SINGLES

Array = NDArray[np.float64]

Pair: TypeAlias = tuple[Array, Array, float]
"""A step s, the change y of the gradient along it, and ρ = 1/sᵀy."""
LOOP_DOUBLE, LOOP_SINGLE = ((lib.dot, lib.axpy, lib.scal) for lib in (DOUBLES, SINGLES))


def two_loop(pairs: tuple[Pair, ...], g: Array, scale: bool = True) -> Array:
    """Return −Hg, H being the L-BFGS matrix of the pairs, oldest first (algorithm 7.4), from γI or from I."""
    q, n = -g, g.size
    dot, axpy, scal = LOOP_DOUBLE if g.itemsize == DOUBLE else LOOP_SINGLE
    alphas = []
    for s, y, rho in reversed(pairs):
        alpha = rho * dot(s, q)
        axpy(y, q, n, -alpha)
        alphas.append(alpha)
    if pairs and scale:
        _, y, rho = pairs[-1]
        scal(scaling(y, rho), q)
    for s, y, rho in pairs:
        axpy(s, q, n, alphas.pop() - rho * dot(y, q))
    return q


class CompactPairs(NamedTuple):
    """Pairs, oldest first, with the products that their matrix needs.

    Attributes
    ----------
    S, Y : tuples of k (n,) arrays
        The steps and the changes of the gradient.
    R : (k, k) array
        The upper triangle of SᵀY, zero below.
    YY : (k, k) array
        YᵀY.
    """

    S: tuple[Array, ...]
    Y: tuple[Array, ...]
    R: Array
    YY: Array


NO_PAIRS = CompactPairs((), (), np.zeros((0, 0)), np.zeros((0, 0)))


def appended(pairs: CompactPairs, s: Array, y: Array, m: int) -> CompactPairs:
    """Return the pairs with another one; the oldest is dropped where there are more than m. 2k products of vectors."""
    first = max(0, len(pairs.S) + 1 - m)
    S, Y = (*pairs.S[first:], s), (*pairs.Y[first:], y)
    k, dot = len(S), (DOUBLES if y.itemsize == DOUBLE else SINGLES).dot
    R, YY = np.zeros((k, k), y.dtype), np.empty((k, k), y.dtype)
    R[:-1, :-1], YY[:-1, :-1] = pairs.R[first:, first:], pairs.YY[first:, first:]
    R[:, -1] = [dot(a, y) for a in S]
    YY[:, -1] = YY[-1, :] = [dot(a, y) for a in Y]
    return CompactPairs(S, Y, R, YY)


def compact_direction(pairs: CompactPairs, g: Array, scale: bool = True) -> Array:
    """Return −Hg, H being the L-BFGS matrix in its compact form, from H₀ = γI or from I.

    H = γI + S R⁻ᵀ(D + γYᵀY)R⁻¹ Sᵀ − γ(S R⁻ᵀ Yᵀ + Y R⁻¹ Sᵀ), D being the diagonal of R.
    Source: Byrd, Nocedal & Schnabel (1994), theorem 2.2.
    """
    S, Y, R, YY = pairs
    if not S:
        return -g
    lib = DOUBLES if g.itemsize == DOUBLE else SINGLES
    D, dot, axpy = R.diagonal(), lib.dot, lib.axpy
    gamma = D[-1] / YY[-1, -1] if scale else 1.0
    t = lib.trsv(R, np.array([dot(s, g) for s in S], g.dtype))
    w = lib.trsv(R, D * t + gamma * (YY @ t - np.array([dot(y, g) for y in Y], g.dtype)), trans=1)
    d, n = lib.scal(-gamma, g.copy()), g.size
    for s, y, a, b in zip(S, Y, (-w).tolist(), (gamma * t).tolist(), strict=True):
        axpy(s, d, n, a)
        axpy(y, d, n, b)
    return d  # type: ignore[no-any-return]

"""BFGS from the last few pairs (s, y), on plain arrays: no n × n matrix is formed.

`quasi_newton` says how BLAS is called.

Source: Nocedal & Wright (2006), section 7.2; Byrd, Nocedal & Schnabel (1994).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy, ddot, dscal, dtrsv

from optlab.kernels.quasi_newton import scaling

Array = NDArray[np.float64]

Pair: TypeAlias = tuple[Array, Array, float]
"""A step s, the change y of the gradient along it, and ρ = 1/sᵀy."""


def two_loop(pairs: tuple[Pair, ...], g: Array, scale: bool = True) -> Array:
    """Return −Hg, H being the L-BFGS matrix of the pairs, oldest first (algorithm 7.4), from γI or from I."""
    q, n = -g, g.size
    alphas = []
    for s, y, rho in reversed(pairs):
        alpha = rho * ddot(s, q)
        daxpy(y, q, n, -alpha)
        alphas.append(alpha)
    if pairs and scale:
        _, y, rho = pairs[-1]
        dscal(scaling(y, rho), q)
    for s, y, rho in pairs:
        daxpy(s, q, n, alphas.pop() - rho * ddot(y, q))
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
    k = len(S)
    R, YY = np.zeros((k, k)), np.empty((k, k))
    R[:-1, :-1], YY[:-1, :-1] = pairs.R[first:, first:], pairs.YY[first:, first:]
    R[:, -1] = [ddot(a, y) for a in S]
    YY[:, -1] = YY[-1, :] = [ddot(a, y) for a in Y]
    return CompactPairs(S, Y, R, YY)


def compact_direction(pairs: CompactPairs, g: Array, scale: bool = True) -> Array:
    """Return −Hg, H being the L-BFGS matrix in its compact form, from H₀ = γI or from I.

    H = γI + S R⁻ᵀ(D + γYᵀY)R⁻¹ Sᵀ − γ(S R⁻ᵀ Yᵀ + Y R⁻¹ Sᵀ), D being the diagonal of R.
    Source: Byrd, Nocedal & Schnabel (1994), theorem 2.2.
    """
    S, Y, R, YY = pairs
    if not S:
        return -g
    D = R.diagonal()
    gamma = D[-1] / YY[-1, -1] if scale else 1.0
    t = dtrsv(R, np.array([ddot(s, g) for s in S]))
    w = dtrsv(R, D * t + gamma * (YY @ t - [ddot(y, g) for y in Y]), trans=1)
    d, n = dscal(-gamma, g.copy()), g.size
    for s, y, a, b in zip(S, Y, (-w).tolist(), (gamma * t).tolist(), strict=True):
        daxpy(s, d, n, a)
        daxpy(y, d, n, b)
    return d

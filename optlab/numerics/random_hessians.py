"""Random symmetric matrices: how likely a random critical point is a minimum, and why hardly ever in high dimension.

If the Hessian at a critical point were a matrix of the Gaussian orthogonal ensemble (GOE), all n eigenvalues would be
positive with a probability that falls like exp(−n² (ln 3)/4): faster than 2⁻ⁿ, since eigenvalues repel each other.
Real Hessians are no such matrices; where f is low they are shifted to the positive, which `shift` imitates.

Source: Dean & Majumdar (2006), Large deviations of extreme eigenvalues of random matrices; Bray & Dean (2007);
Dauphin et al. (2014), Identifying and attacking the saddle point problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial, gamma, log, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from optlab.numerics.conditioning import Array

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 50_000
"""Matrices held at a time."""
NODES = 40
"""Of Gauss and Legendre's rule on an eighth of a circle: exact to rounding for the powers met here."""
LARGEST_EXACT = 10
"""Up to this n the exact formula keeps its digits in double precision."""


def goe(n: int, count: int, seed: int = 0) -> Array:
    """Return `count` matrices of the GOE, shape (count, n, n): (G + Gᵀ)/2 with normal G.

    The diagonal has variance 1, the rest ½; no direction is preferred.
    """
    return _goe(np.random.default_rng(seed), n, count)


def _goe(random: np.random.Generator, n: int, count: int) -> Array:
    G = random.standard_normal((count, n, n))
    return np.asarray(0.5 * (G + np.swapaxes(G, 1, 2)))


def negative_eigenvalues(H: Array) -> NDArray[np.int64]:
    """Return how many eigenvalues of each H[k] are negative, shape (K,), by elimination over all k at once.

    H has shape (K, n, n). The pivots of H = LDLᵀ have the signs of the eigenvalues (Sylvester's law of inertia). Rows
    are not exchanged: for matrices in general position, not for one with a singular leading block.
    """
    H = np.array(H, dtype=float)
    negative = np.zeros(len(H), dtype=np.int64)
    for j in range(H.shape[1]):
        pivot, row = H[:, j, j], H[:, j, j + 1 :]
        negative += pivot < 0
        with np.errstate(all="ignore"):
            H[:, j + 1 :, j + 1 :] -= row[:, :, None] * (row / pivot[:, None])[:, None, :]
    return negative


def index_counts(n: int, count: int, shift: float = 0.0, seed: int = 0) -> NDArray[np.int64]:
    """Return how many of `count` random Hessians have 0, 1, …, n negative eigenvalues, shape (n + 1,).

    `shift` times the identity is added to each, in units of √(n/2), that of the largest eigenvalue being about 2.
    """
    random = np.random.default_rng([seed, n])
    counts = np.zeros(n + 1, dtype=np.int64)
    for begin in range(0, count, BLOCK):
        H = _goe(random, n, min(BLOCK, count - begin))
        H[:, np.arange(n), np.arange(n)] += shift * sqrt(n / 2)
        counts += np.bincount(negative_eigenvalues(H), minlength=n + 1)
    return counts


def minimum_probability(n: int) -> float:
    """The exact probability that all n eigenvalues of a GOE matrix are positive; NaN for n above 10.

    1/2, (2 − √2)/4, (π − 2√2)/(4π), …: the density ∏|λᵢ − λⱼ| e^(−Σλ²/2) integrated over λ > 0 and over
    everything is a Pfaffian each, of the integrals of sgn(y − x) xⁱyʲ e^(−(x² + y²)/2); their ratio is the probability.

    Source: de Bruijn (1955), On some multiple integrals involving determinants; Mehta (2004), section 5.5.
    """
    if not 1 <= n <= LARGEST_EXACT:
        return float("nan")
    half, full = _pairs(n, 1), _pairs(n, 4)
    with np.errstate(all="ignore"):
        (_, top), (_, bottom) = np.linalg.slogdet(half), np.linalg.slogdet(full)
    return float(np.exp(0.5 * (top - bottom)))


def _pairs(n: int, quadrants: int) -> Array:
    """The antisymmetric matrix whose Pfaffian is the integral over the first quadrant, or over all four.

    In polar coordinates the radius gives a gamma function, the angle a smooth integral between the lines y = ±x.
    For odd n it is bordered by the integrals of xⁱ e^(−x²/2).
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    powers = np.arange(n)
    angular = np.zeros((n, n))
    for part in range(2 * quadrants):
        t = pi / 4 * (part + 0.5 * (1.0 + nodes))
        sign = np.sign(np.sin(t[NODES // 2]) - np.cos(t[NODES // 2]))
        C, S = np.cos(t)[:, None] ** powers, np.sin(t)[:, None] ** powers
        angular += sign * pi / 8 * (C * weights[:, None]).T @ S
    radial = np.array([2.0 ** (s / 2) * gamma(s / 2 + 1) for s in range(2 * n - 1)])
    M = angular * radial[powers[:, None] + powers]
    if n % 2:
        line = np.array([2.0 ** ((i - 1) / 2) * gamma((i + 1) / 2) for i in powers])
        if quadrants > 1:
            line = np.where(powers % 2, 0.0, 2.0 * line)
        M = np.block([[M, line[:, None]], [-line[None, :], np.zeros((1, 1))]])
    size = np.array([1.0 / sqrt(factorial(i)) for i in range(len(M))])  # the same factor in both integrals
    return np.asarray(size[:, None] * 0.5 * (M - M.T) * size)


def saddles_against_dimension(
    dimensions: Sequence[int] = (1, 2, 3, 4, 5, 6), count: int = 200_000, shift: float = 0.0, seed: int = 0
) -> pd.DataFrame:
    """Return how often a random Hessian is that of a minimum, a maximum, a saddle.

    Columns n, minimum, maximum, saddle (fractions of `count`), error (the standard error of `minimum`), exact
    (`minimum_probability`, without a shift), independent (2⁻ⁿ, what eigenvalues that ignored each other would give),
    asymptotic (exp(−n² (ln 3)/4), the leading order alone).
    """
    import pandas as pd

    rows = []
    for n in dimensions:
        counts = index_counts(n, count, shift, seed) / count
        exact = minimum_probability(n) if shift == 0 else float("nan")
        p = exact if exact > 0 else float(counts[0])
        rows.append((n, counts[0], counts[-1], counts[1:-1].sum(), sqrt(p * (1 - p) / count), exact,
                     2.0**-n, float(np.exp(-n * n * log(3.0) / 4.0))))  # fmt: skip
    return pd.DataFrame(
        rows, columns=["n", "minimum", "maximum", "saddle", "error", "exact", "independent", "asymptotic"]
    )

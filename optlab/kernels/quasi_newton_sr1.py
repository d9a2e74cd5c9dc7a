"""SR1 from the last few pairs (s, y), on plain arrays: no n × n matrix is formed.

Source: Byrd, Nocedal & Schnabel (1994), section 5; Brust, Erway & Marcia (2017), On solving L-SR1 trust-region
subproblems.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.euclidean import norm
from optlab.kernels.limits import Radius
from optlab.kernels.quasi_newton import is_independent
from optlab.kernels.secular import Factored, exact_step
from optlab.kernels.trust_region import Step

Array = NDArray[np.float64]


class Spread(NamedTuple):
    """B = γI + Q diag(extra) Qᵀ: k eigenvalues γ + extra with the orthonormal columns of Q (n, k), the others γ."""

    gamma: float
    extra: Array
    Q: Array


def compact_sr1(pairs: tuple[tuple[Array, Array], ...], gamma: float) -> Spread:
    """Return the SR1 matrix of the pairs, oldest first, from B₀ = γI, by its eigenvalues.

    B = γI + ΨM⁻¹Ψᵀ with Ψ = Y − γS and M = LDLᵀ. The columns of ΨL⁻ᵀ are the r of the updates one by one, and D holds
    their rᵀs: so B = γI + Σ rrᵀ/rᵀs without a system to solve. A pair is left out as in `sr1_update`.
    Source: Byrd, Nocedal & Schnabel (1994), theorem 5.1; Brust, Erway & Marcia (2017), section 2, on the eigenvalues.
    """
    n = pairs[0][0].size
    rs, pivots = np.empty((len(pairs), n), pairs[0][0].dtype), np.empty(len(pairs), pairs[0][0].dtype)
    k = 0
    for s, y in pairs:
        r = y - gamma * s - (rs[:k] @ s / pivots[:k]) @ rs[:k]
        pivot = float(r.dot(s))
        if is_independent(r, pivot, s, y):
            rs[k], pivots[k] = r, pivot
            k += 1
    Q, R = np.linalg.qr(rs[:k].T)
    extra, U = np.linalg.eigh((R / pivots[:k]) @ R.T)
    return Spread(gamma, extra, Q @ U)


def spread_step(B: Spread, g: Array, radius: float) -> Step:
    """Return the global minimizer of gᵀp + ½pᵀBp on ‖p‖ ≤ Δ, for γ > 0.

    It lies in the space of Q and g: there B is diagonal, with the k + 1 eigenvalues.
    Source: Brust, Erway & Marcia (2017), section 3.
    """
    c = g @ B.Q
    rest = g - B.Q @ c
    size = norm(rest)
    values = np.append(B.gamma + B.extra, B.extra.dtype.type(B.gamma))
    order = np.argsort(values)
    model = Factored(np.diag(values[order]), None, values[order], np.eye(values.size, dtype=values.dtype))
    step = exact_step(model, np.append(c, c.dtype.type(size))[order], Radius(radius))
    a = np.empty_like(values)
    a[order] = step.p
    p = B.Q @ a[:-1]
    if size > 0:
        p += (a[-1] / size) * rest
    return step._replace(p=p)

"""The minimizer of a limited-memory model over the variables that the Cauchy point leaves free.

Source: Byrd, Lu, Nocedal & Zhu (1995), section 5.1; Morales & Nocedal (2011), Remark on Algorithm 778, ACM TOMS 38.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.bounds import clip, longest
from optlab.kernels.bounds_cauchy import CauchyPoint
from optlab.kernels.bounds_limited import LimitedHessian
from optlab.kernels.routines import routines

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def subspace_point(x: Array, g: Array, lo: Array, hi: Array, B: LimitedHessian, cauchy: CauchyPoint) -> Array:
    """Return the model's minimizer over the free variables, brought back into the box.

    It is projected; where gᵀ of the step from x is not negative then, the step from the Cauchy point is shortened
    instead, as in the first version of the algorithm.
    """
    free = (cauchy.x > lo) & (cauchy.x < hi)
    many = int(np.count_nonzero(free))
    if many == 0:
        return cauchy.x
    if many == x.size:
        d = reduced_step(B, B.gram(), -g, cauchy.downhill, None)
        begin = x
    else:
        r = B.add(B.middle(cauchy.c), B.theta * (x - cauchy.x) - g) * free  # −(g + Bz) on the free variables
        d = reduced_step(B, free_gram(B, free, many), r, B.columns(r), free)
        begin = cauchy.x
    projected = clip(begin + d, lo, hi)
    if float(g.dot(projected - x)) < 0:
        return projected
    d += begin - cauchy.x
    return clip(cauchy.x + min(1.0, longest(cauchy.x, d, lo, hi)) * d, lo, hi)


def reduced_step(B: LimitedHessian, gram: Array, r: Array, Wr: Array, free: Mask | None) -> Array:
    """Return the d on the free variables that fulfils B_FF d = r there, given Wᵀr; r is 0 elsewhere.

    (θI − W M Wᵀ)⁻¹ = I/θ + W (M⁻¹ − WᵀW/θ)⁻¹ Wᵀ/θ², by the formula of Sherman, Morrison and Woodbury; rows of W
    that belong to fixed variables are left out.
    Source: Byrd, Lu, Nocedal & Zhu (1995), section 5.1, the direct primal method.
    """
    theta = B.theta
    u = routines(Wr).gesv(B.inverse - gram / theta, Wr)[2]
    d = B.add(u / theta, r.copy()) / theta
    if free is not None:
        d *= free
    return d


def free_gram(B: LimitedHessian, free: Mask, many: int) -> Array:
    """Return WᵀW of the rows of free variables, from the rows of these or, where they are fewer, from all others."""
    if 2 * many <= free.size:
        return B.square(np.flatnonzero(free))
    return np.asarray(B.gram() - B.square(np.flatnonzero(~free)))

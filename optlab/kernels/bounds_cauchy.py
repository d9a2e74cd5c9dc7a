"""The generalized Cauchy point of a limited-memory model in a box.

Source: Byrd, Lu, Nocedal & Zhu (1995), section 4.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.bounds import breakpoints, clip
from optlab.kernels.bounds_limited import LimitedHessian
from optlab.kernels.narrow import eps

Array = NDArray[np.float64]

BLOCK, GROWTH = 64, 4
"""So many breakpoints are sorted and passed together at first; the next block has this multiple."""


class CauchyPoint(NamedTuple):
    """The first minimizer of the model m(z) = gᵀz + ½zᵀBz along the projected path P(x − tg).

    Attributes
    ----------
    x : (n,) array
        The point, exactly on the bounds that it meets.
    c : (2k,) array
        Wᵀ(x_c − x).
    downhill : (2k,) array
        Wᵀd for the direction d in which the path begins: −g without the components that lead out of the box.
    """

    x: Array
    c: Array
    downhill: Array


def cauchy_point(x: Array, g: Array, lo: Array, hi: Array, B: LimitedHessian) -> CauchyPoint:
    """Follow the path from breakpoint to breakpoint until the model no longer falls.

    On each segment the model is a parabola. Its slope and curvature are those of the paper, written with
    q = ‖d‖², p = Wᵀd and c = Wᵀz: −(1 − θt)q − pᵀMc and θq − pᵀMp. A block of breakpoints is one pass of array
    operations: O(n) altogether, and O(m) for each breakpoint that is looked at.
    """
    d = -g
    t = breakpoints(x, d, lo, hi)
    ahead = t > 0
    d *= ahead
    p = B.columns(d)
    square = float(d.dot(d))
    first = float(t.min(where=ahead, initial=inf))
    least = eps(d) * B.theta * square
    newton = square / max(B.theta * square - float(p.dot(B.middle(p))), least) if square > 0 else 0.0
    if newton <= first:
        return CauchyPoint(clip(x + newton * d, lo, hi), newton * p, p)
    at, c = _walk(t, d, p, least, B)
    moved = clip(x + at * d, lo, hi)
    passed = ahead & (t <= at)
    moved[passed] = np.where(d < 0, lo, hi)[passed]
    return CauchyPoint(moved, c, p)


def _walk(t: Array, d: Array, p: Array, least: float, B: LimitedHessian) -> tuple[float, Array]:
    """Return the t of the first minimizer along the path, and c there."""
    ahead = np.flatnonzero((t > 0) & np.isfinite(t))
    endless = d[np.isinf(t)]
    beyond, begin, c, size = float(endless.dot(endless)), 0.0, np.zeros_like(p), BLOCK
    while True:
        many = min(size, ahead.size)
        order = np.argpartition(t[ahead], many - 1) if 0 < many < ahead.size else np.arange(ahead.size)
        block, ahead = ahead[order[:many]], ahead[order[many:]]
        block = block[np.argsort(t[block], kind="stable")]
        rest = d[ahead]
        begins = np.concatenate([np.array([begin], t.dtype), t[block]])
        lengths = np.diff(begins)
        steps = d[block]
        outside = np.array([beyond + float(rest.dot(rest))], d.dtype)
        q = np.cumsum(np.concatenate([outside, (steps * steps)[::-1]]))[::-1]
        P = np.cumsum(np.column_stack([p, -steps * B.rows(block)]), axis=1)
        C = np.cumsum(np.column_stack([c, lengths * P[:, :-1]]), axis=1)
        MP = B.middle(P)
        slope = -(1.0 - B.theta * begins) * q - (MP * C).sum(axis=0)
        curvature = np.maximum(B.theta * q - (MP * P).sum(axis=0), least)
        ends = np.maximum(-slope / curvature, 0.0)
        last = ahead.size == 0
        stops = np.flatnonzero(ends[:-1] < lengths)
        if stops.size or last:
            j = int(stops[0]) if stops.size else many
            more = float(ends[j]) if q[j] > 0 else 0.0
            return float(begins[j]) + more, C[:, j] + more * P[:, j]
        begin, p, c, size = float(begins[-1]), P[:, -1], C[:, -1], GROWTH * size

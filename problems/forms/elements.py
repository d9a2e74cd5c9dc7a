"""Many small functions alike, each of a few variables that lie in a regular pattern.

Source: Griewank & Toint (1982), On the unconstrained optimization of partially separable functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optlab.core.problem import Array
from optlab_problems.forms.componentwise import Entries, add, outer

Formula = Callable[..., Any]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Elements(ABC):
    """`count` elements, i = 0 … count − 1, each a function φ of the variables z₁ … z_p.

    Its formulas take z₁ … z_p as arrays with an entry per element, and before them the array of the i if `indexed`.

    Attributes
    ----------
    count : int
        How many elements there are.
    roles : tuple of pairs (first, step)
        Which component of x, counted from 0, each z_j is in element i: `first + step · i`. With step 0 it is the same
        in all; with step 1 it may lie outside of x, and is zero there.
    """

    count: int
    roles: tuple[tuple[int, int], ...]

    indexed = False

    @abstractmethod
    def total(self, *z: Any) -> Any:
        """Σ φ over the elements given."""

    @abstractmethod
    def total_and_slopes(self, *z: Any) -> tuple[Any, Sequence[Any]]:
        """Σ φ, and ∂φ/∂z_j of every element, for each j."""

    @abstractmethod
    def curvatures(self, *z: Any) -> Entries:
        """∂²φ/∂z_j∂z_k of every element, each pair once; a pair left out is zero at every x."""

    def times(self, z: Sequence[Any], v: Sequence[Any]) -> Sequence[Any]:
        """Return the Hessian of every element times (v₁, …, v_p)."""
        result = _Sums(len(v))
        for (j, k), curvature in self.curvatures(*z).items():
            result.add_curvature(j, k, curvature, v)
        return result.parts

    # --- where the variables are ----------------------------------------------------------------

    def arguments(self, x: Any, lo: int, hi: int) -> list[Any]:
        """Return what the formulas take for the elements lo … hi − 1."""
        z = self.variables(x, lo, hi)
        return [np.arange(float(lo), float(hi)), *z] if self.indexed else z

    def variables(self, x: Any, lo: int, hi: int) -> list[Any]:
        """Return z₁ … z_p for the elements lo … hi − 1: windows on x."""
        return [_window(x, first, step, lo, hi) for first, step in self.roles]

    def scatter(self, target: Array, parts: Sequence[Any], lo: int, hi: int) -> None:
        """Add a part per role to the entries of `target` that the elements lo … hi − 1 look at."""
        n = target.size
        for (first, step), part in zip(self.roles, parts, strict=True):
            if step == 0:
                target[first] += np.sum(np.broadcast_to(part, (hi - lo,)))
                continue
            start, stop = first + step * lo, first + step * (hi - 1) + 1
            if start < 0 or stop > n:
                part = np.broadcast_to(part, (hi - lo,))[max(-start, 0) : max(n - start, 0)]  # noqa: PLW2901
                start, stop = max(start, 0), max(stop, 0)
            target[start:stop:step] += part

    def indices(self, j: int) -> Indices:
        """Return which component of x is z_j, for every element; it may lie outside."""
        first, step = self.roles[j]
        return first + step * np.arange(self.count)

    def tiles(self, n: int) -> bool:
        """Whether every component of x belongs to one element, and to one role in it."""
        p = len(self.roles)
        return self.count * p == n and self.roles == tuple((j, p) for j in range(p))


class _Sums:
    """A sum per role, 0.0 until something is added; what is added is never written to."""

    def __init__(self, p: int) -> None:
        self.parts: list[Any] = [0.0] * p

    def add(self, j: int, part: Any) -> None:
        sum_ = self.parts[j]
        self.parts[j] = part if isinstance(sum_, float) and sum_ == 0.0 else sum_ + part

    def add_curvature(self, j: int, k: int, curvature: Any, v: Sequence[Any]) -> None:
        """Add what the entries (j, k) and (k, j) of a Hessian contribute to its product with v."""
        self.add(j, curvature * v[k])
        if j != k:
            self.add(k, curvature * v[j])


def _window(x: Any, first: int, step: int, lo: int, hi: int) -> Any:
    if step == 0:
        return x[first]
    start, stop = first + step * lo, first + step * (hi - 1) + 1
    inside = x[max(start, 0) : max(stop, 0) : step]
    if start >= 0 and stop <= len(x):
        return inside
    before, width = max(-start, 0), len(inside)
    if type(x) is not np.ndarray:
        return np.eye(hi - lo, width, -before) @ inside
    padded = np.zeros(hi - lo)
    if width:
        padded[before : before + width] = inside
    return padded


@dataclass(frozen=True)
class Terms(Elements):
    """Elements φ given by formulas for φ, its p slopes, and its curvatures."""

    f: Formula
    df: Formula
    d2f: Formula
    indexed: bool = False

    def total(self, *z: Any) -> Any:
        return np.sum(self.f(*z))

    def total_and_slopes(self, *z: Any) -> tuple[Any, Sequence[Any]]:
        return np.sum(self.f(*z)), self.df(*z)

    def curvatures(self, *z: Any) -> Entries:
        return self.d2f(*z)


@dataclass(frozen=True)
class Squares(Elements):
    """Elements φ = Σ r², given by formulas for their residuals.

    `r` returns the residuals of an element, `dr` for each the slopes {j: ∂r/∂z_j}, `d2r` for each the curvatures
    {(j, k): ∂²r/∂z_j∂z_k}; what is zero at every x is left out.
    """

    r: Callable[..., Sequence[Any]]
    dr: Callable[..., Sequence[Mapping[int, Any]]]
    d2r: Callable[..., Sequence[Entries]]
    indexed: bool = False

    def total(self, *z: Any) -> Any:
        return sum(r @ r for r in self.r(*z))

    def total_and_slopes(self, *z: Any) -> tuple[Any, Sequence[Any]]:
        residuals = self.r(*z)
        slopes = _Sums(len(self.roles))
        for r, row in zip(residuals, self.dr(*z), strict=True):
            twice = r + r
            for j, slope in row.items():
                slopes.add(j, twice * slope)
        return sum(r @ r for r in residuals), slopes.parts

    def curvatures(self, *z: Any) -> Entries:
        p = len(self.roles)
        terms: list[Entries] = []
        for r, row, bends in zip(self.r(*z), self.dr(*z), self.d2r(*z), strict=True):
            full = outer([row.get(j, 0.0) for j in range(p)], 2.0)
            terms.append({(j, k): value for (j, k), value in full.items() if j in row and k in row})
            terms.append({pair: 2.0 * r * bend for pair, bend in bends.items()})
        return add(*terms)

    def times(self, z: Sequence[Any], v: Sequence[Any]) -> Sequence[Any]:
        result = _Sums(len(v))
        for r, row, bends in zip(self.r(*z), self.dr(*z), self.d2r(*z), strict=True):
            along = _Sums(1)
            for j, slope in row.items():
                along.add(0, slope * v[j])
            twice = along.parts[0] + along.parts[0]
            for j, slope in row.items():
                result.add(j, slope * twice)
            for (j, k), bend in bends.items():
                result.add_curvature(j, k, (bend + bend) * r, v)
        return result.parts


def affine(roles: tuple[tuple[int, int], ...], slopes: Sequence[float], constant: float = 0.0) -> Squares:
    """Return one element, the square of Σ slopeⱼ zⱼ + constant."""
    return Squares(
        1,
        roles,
        r=lambda *z: (sum(slope * part for slope, part in zip(slopes, z, strict=True)) + constant,),
        dr=lambda *_: (dict(enumerate(slopes)),),
        d2r=lambda *_: ({},),
    )

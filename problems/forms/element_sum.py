"""Sums of small functions over a long x: O(n) in time and memory, block by block."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array, ProblemBase
from optlab.core.status import InputError
from optlab_problems.forms.blocks import blocks
from optlab_problems.forms.elements import Elements, Indices, Squares


class ElementSum(ProblemBase):
    """f(x) = Σ φ over all elements; a subclass says in `elements` what they are.

    The gradient and Hessian-vector products need O(n) memory; a dense Hessian is built from the same formulas where it
    is asked for, and `hessian_pattern` says which of its entries there are.
    """

    abstract: ClassVar[bool] = True

    @property
    @abstractmethod
    def elements(self) -> Sequence[Elements]:
        """The families of elements, each of a kind."""

    def value(self, x: Array) -> float:
        if type(x) is not np.ndarray:  # a box of autograd: all elements at once
            return sum(e.total(*e.arguments(x, 0, e.count)) for e in self.elements if e.count)  # type: ignore[no-any-return]
        f = 0.0
        for e in self.elements:
            for lo, hi in blocks(e.count):
                f += float(e.total(*e.arguments(x, lo, hi)))
        return f

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        g, f = np.empty_like(x), 0.0
        for place, e in enumerate(self.elements):
            tiles = place == 0 and e.tiles(x.size)
            if place == 0 and not tiles:
                g.fill(0.0)
            for lo, hi in blocks(e.count):
                total, slopes = e.total_and_slopes(*e.arguments(x, lo, hi))
                f += float(total)
                if tiles:
                    p = len(slopes)
                    for j, slope in enumerate(slopes):
                        g[p * lo + j : p * hi : p] = slope
                else:
                    e.scatter(g, slopes, lo, hi)
        return f, g

    def hvp(self, x: Array, v: Array) -> Array:
        result = np.zeros_like(x)
        for e in self.elements:
            for lo, hi in blocks(e.count):
                e.scatter(result, e.times(e.arguments(x, lo, hi), e.variables(v, lo, hi)), lo, hi)
        return result

    def hessian(self, x: Array) -> Array:
        self._refuse("hessian")
        n = self.n
        H = np.zeros((n, n))
        for e in self.elements:
            if not e.count:
                continue
            for (j, k), curvature in e.curvatures(*e.arguments(x, 0, e.count)).items():
                rows, columns, inside = _places(e, j, k, n)
                values = np.broadcast_to(curvature, (e.count,))[inside]
                np.add.at(H, (rows, columns), values)
                if j != k:
                    np.add.at(H, (columns, rows), values)
        return H

    def hessian_pattern(self) -> tuple[Indices, Indices]:
        """Return rows and columns of the entries on and above the diagonal of ∇²f that are not always zero."""
        n, x = self.n, self.start()
        bands: dict[int, Any] = {}
        others = [np.empty(0, dtype=np.intp)]
        for e in self.elements:
            if not e.count:
                continue
            with np.errstate(all="ignore"):
                pairs = e.curvatures(*e.arguments(x, 0, 1))
            for j, k in pairs:
                rows, columns, _ = _places(e, j, k, n)
                upper, right = np.minimum(rows, columns), np.maximum(rows, columns)
                if e.roles[j][1] != e.roles[k][1]:
                    others.append(upper * n + right)
                elif upper.size:
                    bands.setdefault(int(right[0] - upper[0]), np.zeros(n, dtype=bool))[upper] = True
        codes = np.sort(np.concatenate(others))
        rows, columns = np.divmod(codes[np.diff(codes, prepend=-1) > 0], n)
        alone = np.ones(rows.size, dtype=bool)
        for shift, there in bands.items():
            alone &= (columns - rows != shift) | ~there[rows]
        along = [np.flatnonzero(there) for there in bands.values()]
        return (
            np.concatenate([rows[alone], *along]),
            np.concatenate([columns[alone], *(i + shift for i, shift in zip(along, bands, strict=True))]),
        )

    def _refuse(self, need: str) -> None:
        """Raise an InputError where a dense matrix would be too large."""
        why = self.lacks(need)
        if why:
            raise InputError(why)


def _places(e: Elements, j: int, k: int, n: int) -> tuple[Indices, Indices, Any]:
    """Return where the entries (z_j, z_k) of all elements go in the Hessian, and which elements have one."""
    rows, columns = e.indices(j), e.indices(k)
    inside = (rows >= 0) & (rows < n) & (columns >= 0) & (columns < n)
    return rows[inside], columns[inside], inside


class ElementSquares(ElementSum):
    """f(x) = Σ r² where every element is a few residuals of a few variables.

    The residuals come element by element, one family after the other.
    """

    abstract: ClassVar[bool] = True
    tags = ("least_squares", "sparse")

    @property
    @abstractmethod
    def elements(self) -> Sequence[Squares]: ...

    def residuals(self, x: Any) -> Any:
        """r(x), shape (m,)."""
        families = [np.stack(list(e.r(*e.arguments(x, 0, e.count))), axis=1) for e in self.elements if e.count]
        return np.concatenate([family.ravel() for family in families])

    def jacobian(self, x: Array) -> Array:
        self._refuse("jacobian")
        pieces, n = [], self.n
        for e in self.elements:
            if not e.count:
                continue
            slopes = e.dr(*e.arguments(x, 0, e.count))
            J = np.zeros((e.count, len(slopes), n))
            for row, of_residual in enumerate(slopes):
                for j, slope in of_residual.items():
                    columns = e.indices(j)
                    inside = (columns >= 0) & (columns < n)
                    values = np.broadcast_to(slope, (e.count,))[inside]
                    np.add.at(J[:, row], (np.flatnonzero(inside), columns[inside]), values)
            pieces.append(J.reshape(-1, n))
        return np.vstack(pieces)

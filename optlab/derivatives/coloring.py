"""Which columns of a sparse symmetric matrix can be added up and still be told apart.

Source: Curtis, Powell & Reid (1974), On the estimation of sparse Jacobian matrices; symmetry and full rows: Powell &
Toint (1979); as coloring: Coleman & Moré (1984), Gebremedhin, Manne & Pothen (2005), What color is your Jacobian?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.core.status import InputError
from optlab.derivatives import Array

Indices = NDArray[np.int64]
WORD = 64
"""Colors in a word of bits."""


@dataclass(frozen=True)
class Pattern:
    """The entries of a symmetric matrix that can be nonzero, and groups of columns that give them by sums.

    Attributes
    ----------
    n : int
        Rows and columns.
    rows, cols : (e,) int arrays
        The entries on and above the diagonal, each once.
    colors : (n,) int array
        The group of every column, from 0.
    read_row : (e,) int array
    read_color : (e,) int array
        In which sum of columns, and in which row of it, every entry stands alone.
    """

    n: int
    rows: Indices
    cols: Indices
    colors: Indices
    read_row: Indices
    read_color: Indices

    @property
    def groups(self) -> int:
        """The number of groups, which is the number of products that give the matrix."""
        return int(self.colors.max(initial=-1)) + 1

    def seeds(self) -> Iterator[Array]:
        """Yield the sum of the unit vectors of every group, shape (n,)."""
        return ((self.colors == c).astype(float) for c in range(self.groups))

    def from_sums(self, sums: Iterable[Array]) -> Any:
        """Return the matrix as a csr_array from the sums of its columns, an (n,) array per group."""
        slots = self._by_color
        data = np.empty(slots.order.size)
        for i, j, column in zip(slots.ends, slots.ends[1:], sums, strict=False):
            data[slots.order[i:j]] = column[slots.rows[i:j]]
        return self._matrix(data)

    def from_values(self, values: Array) -> Any:
        """Return the matrix as a csr_array from its entries on and above the diagonal, shape (e,)."""
        return self._matrix(values[self._csr.entry])

    def _matrix(self, data: Array) -> Any:
        from scipy.sparse import csr_array

        return csr_array((data, self._csr.indices, self._csr.indptr), shape=(self.n, self.n))

    @cached_property
    def _csr(self) -> Csr:
        off = np.flatnonzero(self.rows != self.cols)
        row = np.concatenate([self.rows, self.cols[off]])
        col = np.concatenate([self.cols, self.rows[off]])
        order = np.argsort(row * self.n + col)
        small = np.int32 if max(self.n, row.size) <= np.iinfo(np.int32).max else np.int64
        indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=self.n))])
        entry = np.concatenate([np.arange(self.rows.size), off])[order]
        return Csr(indptr.astype(small), col[order].astype(small), entry)

    @cached_property
    def _by_color(self) -> Slots:
        color = self.read_color[self._csr.entry]
        order = np.argsort(color, kind="stable")
        ends = np.searchsorted(color[order], np.arange(self.groups + 1))
        return Slots(order, self.read_row[self._csr.entry[order]], ends)


class Csr(NamedTuple):
    """The layout of the whole matrix by rows, and which given entry stands in every slot."""

    indptr: Any
    indices: Any
    entry: Indices


class Slots(NamedTuple):
    """The slots of the layout in the order of the groups they are read from, the rows there, and where groups end."""

    order: Indices
    rows: Indices
    ends: Indices


def color(n: int, rows: Any, cols: Any) -> Pattern:
    """Color the pattern of a symmetric (n, n) matrix given by its entries on and above the diagonal.

    A column whose entries are many is a group of its own; by symmetry it gives its row too, which then counts no more.
    The other columns are in one group only if no row has entries in both of them. For a band the groups are periodic;
    else they are found in parallel rounds, in time and memory of the order of the entries.

    Raises
    ------
    InputError
        For entries below the diagonal or outside the matrix.
    """
    rows, cols = checked(n, rows, cols)
    off = rows != cols
    degree = np.bincount(rows[off], minlength=n) + np.bincount(cols[off], minlength=n)
    hub = _hubs(degree)
    inside = off & ~hub[rows] & ~hub[cols]
    i, j = rows[inside], cols[inside]
    colors = np.zeros(n, dtype=np.int64)
    width = int((j - i).max(initial=0))
    crowd = int((np.bincount(i, minlength=n) + np.bincount(j, minlength=n)).max(initial=0)) + 1
    rest = np.flatnonzero(~hub)
    colors[rest] = _periodic(rest, width) if 2 * width + 1 <= crowd + 1 else _rounds(n, i, j)[rest]
    there = np.bincount(colors[rest]) > 0
    colors[rest] = (np.cumsum(there) - 1)[colors[rest]]
    used = int(there.sum())
    colors[hub] = used + np.arange(int(hub.sum()))
    turned = hub[rows] & ~hub[cols]  # read from the column of the hub, that is of the row
    return Pattern(n, rows, cols, colors, np.where(turned, cols, rows), colors[np.where(turned, rows, cols)])


def checked(n: int, rows: Any, cols: Any) -> tuple[Indices, Indices]:
    """Return the entries as sorted int arrays without repetition, or raise an InputError."""
    i, j = np.asarray(rows), np.asarray(cols)
    whole = (i.dtype.kind in "iu" or not i.size) and (j.dtype.kind in "iu" or not j.size)
    if i.shape != j.shape or i.ndim != 1 or not whole:
        given = f"{i.dtype} of shape {i.shape} and {j.dtype} of shape {j.shape}"
        msg = f"hessian_pattern must return two int arrays of one shape (e,), given {given}"
        raise InputError(msg)
    i, j = i.astype(np.int64), j.astype(np.int64)
    wrong = ~((i >= 0) & (i <= j) & (j < n))
    if wrong.any():
        k = int(np.argmax(wrong))
        msg = f"hessian_pattern must return entries 0 <= row <= col < {n}, given ({i[k]}, {j[k]})"
        raise InputError(msg)
    key = np.sort(i * n + j)
    key = key[np.diff(key, prepend=-1) > 0]
    return key // n, key % n


def _hubs(degree: Indices) -> NDArray[np.bool_]:
    """Return the columns that are better groups of their own: k of them and the densest other column + 1 are least."""
    ordered = np.sort(degree)[::-1]
    cost = np.arange(degree.size) + ordered + 1
    k = int(np.argmin(cost))
    hub = np.zeros(degree.size, dtype=bool)
    hub[np.argsort(-degree, kind="stable")[:k]] = True
    return hub


def _periodic(columns: Indices, width: int) -> Indices:
    return columns % (2 * width + 1)


def _rounds(n: int, i: Indices, j: Indices) -> Indices:
    """Color so that no row has two entries of one color, in rounds: who comes first in all its rows chooses.

    Every row counts its diagonal. Dense columns come first, ties are broken at random (always the same).

    Source: Jones & Plassmann (1993), A parallel graph coloring heuristic.
    """
    own = np.arange(n)
    row, col = np.concatenate([i, j, own]), np.concatenate([j, i, own])
    order = np.argsort(row, kind="stable")
    row, col = row[order], col[order]
    begin = np.searchsorted(row, np.arange(n + 1))
    neighbors = col  # of column c, by symmetry: neighbors[begin[c] : begin[c + 1]]
    rank = np.empty(n, dtype=np.int64)
    rank[np.lexsort((np.random.default_rng(0).permutation(n), np.diff(begin)))] = own
    colors = np.full(n, -1, dtype=np.int64)
    taken = np.zeros((n, 1), dtype=np.uint64)  # by row: the colors of its columns, as bits
    while row.size:
        edges = np.flatnonzero(np.diff(row, prepend=-1))
        ranks = rank[col]
        first = np.repeat(np.maximum.reduceat(ranks, edges), np.diff(edges, append=row.size))
        ready = colors < 0
        ready[col[first != ranks]] = False
        chosen = np.flatnonzero(ready)
        lengths = begin[chosen + 1] - begin[chosen]
        ends = np.cumsum(lengths)
        theirs = neighbors[np.arange(ends[-1]) + np.repeat(begin[chosen] - (ends - lengths), lengths)]
        picks = _least_free(np.bitwise_or.reduceat(taken[theirs], ends - lengths, axis=0))
        colors[chosen] = picks
        if int(picks.max()) >= WORD * taken.shape[1]:
            taken = np.concatenate([taken, np.zeros((n, 1), dtype=np.uint64)], axis=1)
        color = np.repeat(picks, lengths)
        taken[theirs, color // WORD] |= np.uint64(1) << (color % WORD).astype(np.uint64)  # no row is met twice
        left = ~ready[col]
        row, col = row[left], col[left]
    return colors


def _least_free(words: NDArray[np.uint64]) -> Indices:
    """Return the number of the lowest bit that is 0 in each row of words."""
    free = ~words
    full = free == 0
    word = np.argmin(full, axis=1)
    bits = free[np.arange(len(free)), word]
    low = np.bitwise_count((bits & (~bits + np.uint64(1))) - np.uint64(1)).astype(np.int64)
    return np.asarray(np.where(full.all(axis=1), WORD * words.shape[1], WORD * word + low))

"""A linear map given by a tape, applied to one vector or to many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from optlab.derivatives import Array
from optlab.derivatives.batched import Batched, NotBatchableError, lifted
from optlab.derivatives.tape import Tape

BLOCK = 100_000
"""Numbers in the largest array of a batch: a few such arrays stay in the caches."""
ROOM = 10 * BLOCK
"""Numbers in a block of memory that is asked for and freed, untouched, before a batch: it costs microseconds.

After it the C library of Linux keeps freed blocks of this size and less. Before it it may return the pages of every
array of a batch to the system at once, and to get them back, zeroed, costs more than the arithmetic (mallopt(3),
M_MMAP_THRESHOLD: the threshold follows the largest block that was freed).
"""
FEWEST = 4
"""Fewer columns than this at a time go faster one by one."""
AGREE = 1e-9
"""How far a batch may be from the one-by-one result, relative to the sum of the sizes of its terms."""


class Linear:
    """v ↦ Mv for M = (∂F/∂z)ᵀ of a recorded function F, shape (rows, columns): rows = size of z, columns = size of F.

    The function is evaluated once, when the tape is made; every product replays only its derivative.

    Source: Griewank & Walther (2008), sections 3.2 and 3.3 (vector mode).
    """

    def __init__(self, tape: Tape, rows: int, columns: int, dtype: Any = float) -> None:
        self.tape, self.rows, self.columns, self.dtype = tape, rows, columns, dtype
        self.width = max(rows, columns, tape.width)

    def __call__(self, v: Any) -> Array:
        """Mv, a fresh (rows,) array."""
        v = np.asarray(v, dtype=self.dtype)
        return np.array(self.tape.pull(v), dtype=self.dtype) if self.tape.order else np.zeros(self.rows, self.dtype)

    def products(self, V: Array) -> Array:
        """MV for V of shape (columns, B), shape (rows, B): in batches, each checked, where the function allows."""
        most = BLOCK // self.width
        if not self.tape.order:
            return np.zeros((self.rows, V.shape[1]), self.dtype)
        if most < FEWEST or V.shape[1] < FEWEST:
            return self._one_by_one(V)
        np.empty(ROOM)
        try:
            out = np.concatenate([self._batch(V[:, i : i + most]) for i in range(0, V.shape[1], most)], axis=1)
        except Exception:  # whatever the function cannot do for a batch it may do for one vector
            return self._one_by_one(V)
        w = probe(V.shape[1])
        terms = float((np.abs(out) @ np.abs(w)).max(initial=0.0))
        close = np.abs(out @ w - self(V @ w)).max(initial=0.0) <= AGREE * terms
        return out if close else self._one_by_one(V)

    def each(self, vectors: Iterable[Array]) -> Iterator[Array]:
        """Yield Mv for every v; together where M is small."""
        if self.width * FEWEST > BLOCK:
            return map(self, vectors)
        return iter(self.products(np.column_stack(list(vectors))).T)

    def matrix(self) -> Array:
        """M itself, from the unit vectors."""
        return self.products(np.eye(self.columns, dtype=self.dtype))

    def _one_by_one(self, V: Array) -> Array:
        return np.array([self(v) for v in V.T], self.dtype).reshape(V.shape[1], self.rows).T

    def _batch(self, V: Array) -> Array:
        end = self.tape.pull(Batched(np.ascontiguousarray(V)), through).data
        return np.broadcast_to(end, (self.rows, V.shape[1]))


def through(node: Any, g: Batched) -> Iterator[Batched]:
    """Pull a batch of cotangents back through one operation, all at once or, where its rule refuses, one by one."""
    try:
        return iter([_batch(part) for part in node.vjp(g)])
    except Exception:  # a rule that needs the numbers of one vector
        return one_by_one(node, g)


def one_by_one(node: Any, g: Batched) -> Iterator[Batched]:
    """Pull the cotangents of a batch back through one operation, each by itself."""
    columns = [list(node.vjp(g.data[..., j])) for j in range(g.data.shape[-1])]
    return iter([_batch(Batched(np.stack(parts, axis=-1))) for parts in zip(*columns, strict=True)])


def _batch(part: Any) -> Batched:
    if type(part) is not Batched:
        part = Batched(np.atleast_1d(lifted(part)))
    if part.data.dtype.kind != "f":
        msg = "a cotangent that is no array of numbers"
        raise NotBatchableError(msg)
    return part  # type: ignore[no-any-return]


@lru_cache(maxsize=8)
def probe(n: int) -> Array:
    """Return the random direction in which batches of n are checked; always the same one."""
    w = np.random.default_rng(n).standard_normal(n)
    w.setflags(write=False)
    return w

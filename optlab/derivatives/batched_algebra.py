"""Products and linear systems of batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.derivatives.batched import Batched, NotBatchableError, handles, joined, space
from optlab.derivatives.batched_shapes import many

VECTOR, MATRIX = 1, 2
WORTH_A_LOOK = 10_000
"""Entries from which on a product with a matrix costs more than a look at what it is multiplied with."""


@handles(np.matmul)
def product(a: Any, b: Any) -> Any:
    """The product a @ b for vectors and matrices of which at least one is a batch."""
    a, b = (joined(x) if type(x) is np.ndarray and x.dtype == object else x for x in (a, b))
    p, q = np.ndim(a), np.ndim(b)
    if not (p in (VECTOR, MATRIX) and q in (VECTOR, MATRIX)):
        msg = f"a product of arrays with {p} and {q} axes"
        raise NotBatchableError(msg)
    A, B = (x.data if type(x) is Batched else x for x in (a, b))
    xp = space(A, B)
    if type(a) is not Batched:  # one matrix, many right-hand sides: their columns side by side
        flat = B if q == VECTOR else xp.reshape(B, (B.shape[0], -1))
        out = _columns(A, flat) if xp is np and p == MATRIX else xp.matmul(A, flat)
        return Batched(out if q == VECTOR else xp.reshape(out, (*A.shape[:-1], *B.shape[1:])))
    if type(b) is not Batched:
        return Batched(xp.matmul(B if q == VECTOR else xp.transpose(B), A))
    if p == q == VECTOR:
        return Batched(xp.sum(A * B, axis=0))
    if q == VECTOR:
        return Batched(xp.sum(A * B, axis=1))
    if p == VECTOR:
        return Batched(xp.sum(A[:, None, :] * B, axis=0))
    return Batched(xp.moveaxis(xp.matmul(xp.moveaxis(A, -1, 0), xp.moveaxis(B, -1, 0)), 0, -1))


def _columns(A: Any, B: Any) -> Any:
    """A B; where every column of B has one entry, as unit tangents have, the columns of A are copied."""
    if A.size < WORTH_A_LOOK or np.count_nonzero(B) != B.shape[1]:
        return A @ B
    rows = np.abs(B).argmax(axis=0)
    sizes = B[rows, np.arange(rows.size)]
    taken = np.take(A, rows, axis=1)
    return taken if (sizes == 1.0).all() else taken * sizes


@handles(np.dot)
def _dot(a: Any, b: Any) -> Any:
    return product(a, b) if np.ndim(a) and np.ndim(b) else np.multiply(a, b)


@handles(np.inner, np.vdot)
def _inner(name: str, a: Any, b: Any) -> Any:
    if np.ndim(a) != 1 or np.ndim(b) != 1:
        msg = f"numpy.{name} of matrices"
        raise NotBatchableError(msg)
    return product(a, b)


@handles(np.outer)
def _outer(a: Any, b: Any) -> Any:
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@handles(np.linalg.inv, np.linalg.det)
def _square(name: str, a: Any) -> Any:
    xp = space(a.data)
    return Batched(xp.moveaxis(getattr(xp.linalg, name)(xp.moveaxis(a.data, -1, 0)), 0, -1))


@handles(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    if np.ndim(b) == 1:
        return np.squeeze(_solve(a, np.reshape(b, (-1, 1))), -1)
    right = many(b).data
    if type(a) is not Batched:  # one matrix: all right-hand sides side by side
        xp = space(right)
        return Batched(xp.reshape(xp.linalg.solve(a, xp.reshape(right, (len(a), -1))), right.shape))
    right = right + np.zeros((*right.shape[:-1], a.data.shape[-1]))
    xp = space(a.data, right)
    return Batched(xp.moveaxis(xp.linalg.solve(*(xp.moveaxis(part, -1, 0) for part in (a.data, right))), 0, -1))


@handles(np.einsum)
def _einsum(subscripts: Any, *operands: Any) -> Any:
    if not isinstance(subscripts, str) or "..." in subscripts:
        msg = "numpy.einsum with an ellipsis"
        raise NotBatchableError(msg)
    inputs, arrow, out = subscripts.replace(" ", "").partition("->")
    if not arrow:
        letters = sorted(set(inputs) - {","})
        out = "".join(letter for letter in letters if inputs.count(letter) == 1)
    batch = next(letter for letter in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if letter not in subscripts)
    parts = [s + batch * (type(a) is Batched) for s, a in zip(inputs.split(","), operands, strict=True)]
    data = [a.data if type(a) is Batched else a for a in operands]
    return Batched(space(*data).einsum(f"{','.join(parts)}->{out}{batch}", *data))

"""Batches: an array with a hidden last axis computes each of its points as if it were alone."""

from __future__ import annotations

import numpy as np
import pytest

from optlab.derivatives.batched import Batched, NotBatchableError

random = np.random.default_rng(0)
A3 = random.standard_normal((3, 4))
Q4 = random.standard_normal((4, 4)) + 4 * np.eye(4)
W = [random.standard_normal(shape) for shape in ((4,), (3, 4), (4, 2), (4, 4))]
OPERATIONS = {
    "ufuncs": lambda v, m, k, s: np.exp(v) + 2 * m - m[0] ** 2 + np.hypot(v, A3),
    "broadcast": lambda v, m, k, s: v[:, None] * k + k[0] * np.arange(4.0)[:, None],
    "matrix @ vector": lambda v, m, k, s: A3 @ v,
    "vector @ matrix": lambda v, m, k, s: v @ A3.T,
    "vector @ vector": lambda v, m, k, s: v @ np.arange(4.0) + np.arange(4.0) @ v + v @ v,
    "matrix @ batch": lambda v, m, k, s: A3 @ k,
    "batch @ matrix": lambda v, m, k, s: m @ A3.T,
    "vector @ batch": lambda v, m, k, s: np.arange(4.0) @ k,
    "batch @ vector": lambda v, m, k, s: m @ np.arange(4.0),
    "both": lambda v, m, k, s: m @ k,
    "matrix of both": lambda v, m, k, s: m @ v,
    "vector of both": lambda v, m, k, s: v @ k,
    "dot": lambda v, m, k, s: np.dot(A3, v) + np.dot(2.0, np.dot(m, v)) + np.vdot(v, v),
    "outer": lambda v, m, k, s: np.outer(v, np.arange(3.0)) + np.outer(np.arange(4.0), m[:, 0]),
    "sums": lambda v, m, k, s: np.sum(m, axis=0) + np.mean(m, axis=-2) + np.prod(v) + m.sum(axis=(0, 1)) + np.var(m),
    "keepdims": lambda v, m, k, s: m / np.sum(m, axis=1, keepdims=True) + np.std(m, axis=0, ddof=1),
    "extremes": lambda v, m, k, s: np.max(m, axis=1) - np.min(m),
    "shapes": lambda v, m, k, s: m.T.reshape(2, -1).ravel() + np.transpose(m).reshape((12,)) + np.ravel(m),
    "swaps": lambda v, m, k, s: np.swapaxes(m, 0, 1) + m.swapaxes(-1, -2) + m.transpose(1, 0) + np.transpose(m, (1, 0)),
    "axes": lambda v, m, k, s: np.moveaxis(m[None], 0, -1).squeeze(-1) + np.expand_dims(m, 1)[:, 0],
    "squeeze": lambda v, m, k, s: np.squeeze(m[None]),
    "index": lambda v, m, k, s: m[..., 1:] * m[:, ::-1][..., :3] + m[np.array([0, 2, 1]), :3] + v[-1],
    "mask": lambda v, m, k, s: v[np.array([True, False, True, True])],
    "joins": lambda v, m, k, s: np.concatenate([v, np.zeros(2), m[0]]) * np.append(v, [1.0, 2, 3, 4, 5, 6]),
    "stacks": lambda v, m, k, s: np.stack([v, np.arange(4.0)], axis=1) + np.hstack([v[:, None], k[:, :1]]),
    "object array": lambda v, m, k, s: np.array([v[0], 2.0, v[1]]) * m[:, 0] + v[:3],
    "where": lambda v, m, k, s: np.where(m > 0, m, v) + np.where(v > 0, 1.0, np.arange(4.0)),
    "clip": lambda v, m, k, s: np.clip(m, -0.5, np.arange(4.0)),
    "norm": lambda v, m, k, s: np.linalg.norm(m) + np.linalg.norm(v) + np.linalg.norm(m, axis=1, keepdims=True),
    "moves": lambda v, m, k, s: np.roll(m, 1, axis=0) + np.roll(m, 1) + np.flip(m) * np.flip(m, 1),
    "broadcast_to": lambda v, m, k, s: np.broadcast_to(v, (3, 4)),
    "differences": lambda v, m, k, s: np.diff(m, axis=1) + np.diff(v, n=2)[0] + np.cumsum(m, axis=0)[:, :3],
    "cumsum": lambda v, m, k, s: np.cumsum(m),
    "like": lambda v, m, k, s: v * (np.zeros_like(m) + np.ones_like(v) + np.full_like(v, 2.0) + np.size(m) + m.size),
    "sizes": lambda v, m, k, s: v * (np.ndim(m) + len(m) + np.shape(k)[1] + s.ndim + (m.dtype == float)),
    "einsum": lambda v, m, k, s: np.einsum("ij,jk->ki", m, k) + np.einsum("ij,j", A3, v)[None, :],
    "inverse": lambda v, m, k, s: np.linalg.inv(s) @ v + np.linalg.det(s),
    "solve by a batch": lambda v, m, k, s: np.linalg.solve(s, v) + np.linalg.solve(s, np.eye(4))[0],
    "solve": lambda v, m, k, s: np.linalg.solve(Q4, v) + np.linalg.solve(Q4, k)[:, 0],
    "diagonals": lambda v, m, k, s: np.diag(v) + np.diag(s) * np.trace(s),
    "loop": lambda v, m, k, s: sum(row * row[0] for row in m) + next(iter(v)),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_batch_is_each_one_by_itself(name):
    f, many = OPERATIONS[name], [random.standard_normal((*w.shape, 3)) for w in W]
    given = f(*(Batched(data) for data in many)).data
    right = np.stack([f(*(data[..., b] for data in many)) for b in range(3)], axis=-1)
    assert given.shape == right.shape
    np.testing.assert_allclose(given, right, rtol=0, atol=1e-14 * np.abs(right).max())


@pytest.mark.parametrize(
    "use",
    [
        lambda v: v if v[0] > 0 else -v,
        lambda v: float(v[0]),
        lambda v: int(v[0]),
        lambda v: range(v[0]),
        lambda v: np.arange(3.0)[v],
        lambda v: v[v > 0],
        lambda v: v.__setitem__(0, 1.0),
        lambda v: np.add(v, 1.0, out=np.zeros(4)),
        np.add.reduce,
        np.sort,
        lambda v: np.linalg.norm(v, 1),
        lambda v: np.einsum("...,...", v, v),
        lambda v: v.tolist(),
        lambda v: np.diag(v, 1),
        lambda v: np.reshape(v, (2, 2), order="F"),
        lambda v: np.sum(v, dtype=np.float32),
        lambda v: v[:, None, None] @ v,
    ],
)
def test_what_needs_one_point_is_refused(use):
    with pytest.raises((NotBatchableError, IndexError)):
        use(Batched(random.standard_normal((4, 3))))


def test_a_wrong_axis_is_an_error_and_not_the_hidden_one():
    with pytest.raises(np.exceptions.AxisError):
        np.sum(Batched(np.ones((4, 3))), axis=1)
    with pytest.raises(TypeError, match="len"):
        len(Batched(np.ones(3)))

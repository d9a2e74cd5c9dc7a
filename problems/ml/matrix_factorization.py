"""A matrix as a product of two thin ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.samples import Indices, Samples
from optlab.core.settings import check_settings
from optlab.core.status import InputError
from optlab.kernels.orthogonal import orthogonal
from optlab_problems.ml.data import SHAPES, check_choice, table
from optlab_problems.ml.reference import LARGEST, saddles

NONE = 1e-12
"""Singular values below this part of the largest are rounding."""


@dataclass(frozen=True)
class MatrixFactorization(ProblemBase):
    """½‖UVᵀ − M‖² + ½λ(‖U‖² + ‖V‖²), Frobenius norms: M of shape (p, q) by factors with r columns.

    It teaches that a nonconvex problem may have no bad minimum: every critical point keeps some singular triples of M,
    and all but those that keep the leading r are saddles, 0 first of all. U and V may be turned by any common rotation:
    solutions are never isolated for r > 1 or λ = 0. x = U row by row, shape (p, r), then V, shape (q, r).

    Attributes
    ----------
    p, q : int
        Rows and columns of M.
    rank : int
        r, at most the smaller of p and q.
    penalty : float
        λ: singular values shrink by it; as for the nuclear norm, those below it vanish.
    data : str
        "synthetic": singular values 1, decay, decay², … and random singular vectors. "iris", "wine", "breast_cancer"
        or "digits": p evenly spaced rows and the first q features, standardized, over √p: principal components.
    decay : float
        Of synthetic data, at most 1: how fast the singular values fall.
    scale : float
        Standard deviation of the entries of the standard start.
    seed : int
        Of synthetic data and the start.

    Source: Eckart & Young (1936); Baldi & Hornik (1989) for the critical points; Mazumder, Hastie & Tibshirani (2010),
    lemma 6, for the penalty.
    """

    suites = ("ml",)
    tags = ("nonconvex", "least_squares", "saddle", "degenerate", "finite_sum")
    variants = (
        {"p": 4, "q": 5, "rank": 3, "penalty": 0.3, "decay": 0.8, "seed": 1},
        {"data": "iris", "p": 10, "q": 4, "rank": 1},
        {"data": "wine", "p": 20, "q": 6, "rank": 2, "penalty": 0.01},
    )

    p: Annotated[int, Ge(1)] = 6
    q: Annotated[int, Ge(1)] = 5
    rank: Annotated[int, Ge(1)] = 2
    penalty: Annotated[float, Ge(0)] = 0.0
    data: Literal["synthetic", "iris", "wine", "breast_cancer", "digits"] = "synthetic"
    decay: Annotated[float, Gt(0)] = 0.5
    scale: Annotated[float, Ge(0)] = 0.3
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_settings(self)
        if self.data in SHAPES:
            check_choice(self.data, self.q, self.p, what="q", rows="p", problem=self)
        least = min(self.p, self.q)
        if self.rank > least:
            msg = f"matrix_factorization: rank must be from 1 to min(p, q) = {least}, given {self.rank}"
            raise InputError(msg)

    @cached_property
    def M(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (p, q)."""
        if self.data != "synthetic":
            return np.asarray(table(self.data, self.q, self.p)[0] / np.sqrt(self.p))
        random, k = np.random.default_rng([self.seed, 0]), min(self.p, self.q)
        left, right = orthogonal(random, self.p, k), orthogonal(random, self.q, k)
        return np.asarray((left * float(self.decay) ** np.arange(k)) @ right.T)

    def _factors(self, x: Any) -> tuple[Any, Any]:
        size = self.p * self.rank
        return x[:size].reshape(self.p, self.rank), x[size:].reshape(self.q, self.rank)

    def residuals(self, x: Array) -> Array:
        """UVᵀ − M row by row, then √λ x where there is a penalty; f is half the sum of their squares."""
        U, V = self._factors(x)
        r = (U @ V.T - self.M).reshape(-1)
        return np.concatenate([r, np.sqrt(self.penalty) * x]) if self.penalty else r

    def jacobian(self, x: Array) -> Array:
        U, V = self._factors(x)
        J = np.hstack([np.kron(np.eye(self.p), V), np.vstack([np.kron(np.eye(self.q), u) for u in U])])
        return np.vstack([J, np.sqrt(self.penalty) * np.eye(x.size)]) if self.penalty else J

    def value(self, x: Array) -> float:
        U, V = self._factors(x)
        R = U @ V.T - self.M
        return 0.5 * np.sum(R * R) + 0.5 * self.penalty * np.sum(x * x)  # type: ignore[no-any-return]

    def gradient(self, x: Array) -> Array:
        U, V = self._factors(x)
        R = U @ V.T - self.M
        return np.concatenate([(R @ V).ravel(), (R.T @ U).ravel()]) + self.penalty * x

    def hessian(self, x: Array) -> Array:
        (U, V), (p, q, r) = self._factors(x), (self.p, self.q, self.rank)
        mixed = np.einsum("ib,ja->iajb", U, V)
        mixed += np.einsum("ij,ab->iajb", U @ V.T - self.M, np.eye(r))
        B = mixed.reshape(p * r, q * r)
        H = np.block([[np.kron(np.eye(p), V.T @ V), B], [B.T, np.kron(np.eye(q), U.T @ U)]])
        return np.asarray(H + self.penalty * np.eye(x.size))

    def hvp(self, x: Array, v: Array) -> Array:
        (U, V), (S, T) = self._factors(x), self._factors(v)
        R, change = U @ V.T - self.M, S @ V.T + U @ T.T
        parts = [(change @ V + R @ T).ravel(), (change.T @ U + R.T @ S).ravel()]
        return np.concatenate(parts) + self.penalty * v

    @property
    def samples(self) -> Samples:  # type: ignore[override]  # read-only here
        """One term for each entry of M, row by row."""
        return Samples(self.p * self.q, self._mean_value, self._mean_gradient)

    def _entries(self, x: Array, entries: Indices) -> tuple[Array, Array, Array, Indices, Indices]:
        U, V = self._factors(x)
        i, j = np.divmod(entries, self.q)
        return U[i], V[j], np.sum(U[i] * V[j], axis=1) - self.M[i, j], i, j

    def _mean_value(self, x: Array, entries: Indices) -> float:
        r = self._entries(x, entries)[2]
        return 0.5 * self.p * self.q * float(np.mean(r * r)) + 0.5 * self.penalty * float(x @ x)

    def _mean_gradient(self, x: Array, entries: Indices) -> Array:
        left, right, r, i, j = self._entries(x, entries)
        G = np.zeros((self.p + self.q, self.rank))
        np.add.at(G, i, r[:, None] * right)
        np.add.at(G, self.p + j, r[:, None] * left)
        return (self.p * self.q / len(entries)) * G.ravel() + self.penalty * x

    def start(self) -> Array:
        random = np.random.default_rng([self.seed, 1])
        return self.scale * random.standard_normal((self.p + self.q) * self.rank)

    def _keeping(self, kept: list[int]) -> Array:
        """Return the critical point that keeps these singular triples of M, the factors of equal size."""
        left, sigma, right = np.linalg.svd(self.M, full_matrices=False)
        there = np.where(sigma > NONE * sigma[0], sigma, 0.0)[kept]
        roots = np.sqrt(np.maximum(0.0, there - self.penalty))
        U, V = np.zeros((self.p, self.rank)), np.zeros((self.q, self.rank))
        U[:, : len(kept)], V[:, : len(kept)] = left[:, kept] * roots, right[kept].T * roots
        return np.concatenate([U.ravel(), V.ravel()])

    def facts(self) -> Facts:
        x, r = self._keeping(list(range(self.rank))), self.rank
        others = [self._keeping(list(range(k))) for k in range(r)]
        if r < min(self.p, self.q):
            others.append(self._keeping(list(range(1, r + 1))))
        return Facts(
            solution=x,
            optimum=float(self.value(x)),
            certificate="closed form",
            convex=False,
            critical_points=saddles(self, others) if x.size <= LARGEST else {},
        )

"""Functions of a few named variables, written once for a point and for a batch of points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array, ProblemBase

Entries = Mapping[tuple[int, int], Any]
"""Entries (i, j) of a symmetric matrix, counted from 0, each pair once; what is left out is 0."""


class Componentwise(ProblemBase):
    """A problem whose functions are written in the components x₁ … xₙ; it has all derivatives by hand.

    A subclass writes `f`, `df` and `d2f`; with nonlinear constraints also `h`, `dh`, `d2h` for h(x) = 0 and
    `g`, `dg`, `d2g` for g(x) ≤ 0. Each takes the components as n arguments, which are floats, boxes of autograd, or
    (K,) arrays for K points at once: arithmetic and NumPy functions serve all three.
    """

    abstract: ClassVar[bool] = True
    dimension: ClassVar[int]

    def f(self, *x: Any) -> Any:
        """f, a number."""
        raise NotImplementedError

    def df(self, *x: Any) -> Sequence[Any]:
        """The n entries of ∇f."""
        raise NotImplementedError

    def d2f(self, *x: Any) -> Entries:
        """The entries of ∇²f, each pair once."""
        raise NotImplementedError

    h: Callable[..., Sequence[Any]] | None = None
    """The equality constraints, p numbers."""
    g: Callable[..., Sequence[Any]] | None = None
    """The inequality constraints, m numbers."""

    def dh(self, *x: Any) -> Sequence[Sequence[Any]]:
        """The p rows of the Jacobian of h."""
        raise NotImplementedError

    def dg(self, *x: Any) -> Sequence[Sequence[Any]]:
        """The m rows of the Jacobian of g."""
        raise NotImplementedError

    def d2h(self, *x: Any) -> Sequence[Entries]:
        """The entries of every ∇²h_i."""
        raise NotImplementedError

    def d2g(self, *x: Any) -> Sequence[Entries]:
        """The entries of every ∇²g_i."""
        raise NotImplementedError

    # --- one point ------------------------------------------------------------------------------

    def value(self, x: Array) -> float:
        return self.f(*components(x))  # type: ignore[no-any-return]

    def gradient(self, x: Array) -> Array:
        return np.array(self.df(*x.tolist()), dtype=x.dtype)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        parts = x.tolist()
        return self.f(*parts), np.array(self.df(*parts), dtype=x.dtype)

    def hessian(self, x: Array) -> Array:
        return symmetric(self.d2f(*x.tolist()), x.size)

    # --- constraints ----------------------------------------------------------------------------

    @property
    def equality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]  # a function where there is an h
        """h(x), shape (p,)."""
        h = self.h
        return None if h is None else lambda x: np.array(list(h(*components(x))))

    @property
    def inequality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """g(x), shape (m,)."""
        g = self.g
        return None if g is None else lambda x: np.array(list(g(*components(x))))

    def equality_jacobian(self, x: Array) -> Array:
        return np.array(self.dh(*x.tolist()), dtype=x.dtype)

    def inequality_jacobian(self, x: Array) -> Array:
        return np.array(self.dg(*x.tolist()), dtype=x.dtype)

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        parts = x.tolist()
        H = symmetric(self.d2f(*parts), x.size)
        for weights, there, curvatures in ((lam, self.g, self.d2g), (nu, self.h, self.d2h)):
            if there is not None:
                for weight, entries in zip(weights, curvatures(*parts), strict=True):
                    H += weight * symmetric(entries, x.size)
        return H

    # --- a batch --------------------------------------------------------------------------------

    def values(self, X: Array) -> Array:
        return np.array(np.broadcast_to(self.f(*X.T), len(X)))

    def gradients(self, X: Array) -> Array:
        G = np.empty_like(X)
        for i, slope in enumerate(self.df(*X.T)):
            G[:, i] = slope
        return G

    def hessians(self, X: Array) -> Array:
        H = np.zeros((*X.shape, X.shape[1]))
        for (i, j), curvature in self.d2f(*X.T).items():
            H[:, i, j] = H[:, j, i] = curvature
        return H


def components(x: Any) -> Any:
    """Return the components of a point: floats, which are faster than array scalars, or autograd's boxes."""
    return x.tolist() if type(x) is np.ndarray else list(x)


def symmetric(entries: Entries, n: int) -> Array:
    """Return the symmetric (n, n) matrix with these entries."""
    H = np.zeros((n, n))
    for (i, j), value in entries.items():
        H[i, j] = H[j, i] = value
    return H


def outer(row: Sequence[Any], weight: Any = 1.0) -> dict[tuple[int, int], Any]:
    """Return the entries of weight · row rowᵀ, for chain rules."""
    n = len(row)
    return {(i, j): weight * row[i] * row[j] for i in range(n) for j in range(i, n)}


def add(*terms: Entries) -> dict[tuple[int, int], Any]:
    """Return the sum of symmetric matrices given by their entries (i, j) with i ≤ j."""
    total: dict[tuple[int, int], Any] = {}
    for (i, j), value in [item for term in terms for item in term.items()]:
        pair = (i, j) if i <= j else (j, i)
        total[pair] = total[pair] + value if pair in total else value
    return total

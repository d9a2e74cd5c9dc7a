"""The greatest area that a string encloses with a wall."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError
from optlab_problems.forms.sizes import in_memory


@dataclass(frozen=True)
class Isoperimetric(ProblemBase):
    """Dido's problem: the greatest area between a chord of a circle and a string of m pieces.

    It teaches a quadratic that is indefinite, and whose minimum is the constraint's doing: with a string of m pieces
    as long as the inscribed one, the vertices lie on the circle of radius 1, equally spaced, and the multiplier of
    the length is cos(angle/2m), the distance from the center to a piece. As m grows it becomes the radius.

    Attributes
    ----------
    n : int
        Variables, an even number: abscissas, then ordinates of the m − 1 inner vertices, m = n/2 + 1.
    angle : float
        Of the circle's arc over the chord, in radians; π is the half disk.

    Source: Zenodorus (2nd century B.C.) for polygons; Troutman (1996), Variational Calculus, section 1.3.
    """

    suites = ("constrained",)
    tags = ("nonconvex",)
    constraints = ("equality",)
    variants = ({"n": 2}, {"n": 6, "angle": 5.0}, {"n": 40, "angle": 2.0})

    n: Annotated[int, Ge(2)] = 10
    angle: Annotated[float, Gt(0), Lt(6.28)] = pi

    def __post_init__(self) -> None:
        in_memory(self, self.n, self.n, "n")
        if self.n % 2:
            msg = f"isoperimetric: n must be even, given {self.n}; try {self.n - 1} or {self.n + 1}"
            raise InputError(msg)

    @property
    def pieces(self) -> int:
        """m, the number of pieces of the string."""
        return self.n // 2 + 1

    @property
    def length(self) -> float:
        """The length of the string."""
        return float(2 * self.pieces * np.sin(self.angle / (2 * self.pieces)))

    @property
    def chord(self) -> float:
        """The length of the chord, from (0, 0) to (chord, 0)."""
        return float(2.0 * np.sin(self.angle / 2.0))

    @cached_property
    def _matrices(self) -> tuple[Array, Array, Array]:
        """(S, D, e): Xᵀ S Y = Σ (xᵢyᵢ₊₁ − xᵢ₊₁yᵢ), and the pieces are (DX + e, DY)."""
        inner = self.pieces - 1
        S = np.eye(inner, k=1) - np.eye(inner, k=-1)
        D = np.eye(self.pieces, inner) - np.eye(self.pieces, inner, k=-1)
        return S, D, self.chord * np.eye(self.pieces)[-1]

    def _pieces(self, x: Array) -> tuple[Array, Array, Array]:
        """Components and lengths of the pieces."""
        _, D, e = self._matrices
        half = self.n // 2
        dx, dy = D @ x[:half] + e, D @ x[half:]
        return dx, dy, np.sqrt(dx * dx + dy * dy)

    def value(self, x: Array) -> float:
        X, Y = x[: self.n // 2], x[self.n // 2 :]
        return 0.5 * (X @ (self._matrices[0] @ Y)) - 0.5 * self.chord * Y[-1]  # type: ignore[no-any-return]

    def gradient(self, x: Array) -> Array:
        S, half = self._matrices[0], self.n // 2
        slope = 0.5 * np.concatenate([S @ x[half:], S.T @ x[:half]])
        slope[-1] -= 0.5 * self.chord
        return slope

    def hessian(self, x: Array) -> Array:
        S = self._matrices[0]
        Z = np.zeros_like(S)
        return np.asarray(0.5 * np.block([[Z, S], [S.T, Z]]))

    def equality(self, x: Array) -> Array:
        """The length of the string minus what it should be, shape (1,)."""
        length: Array = np.sum(self._pieces(x)[2].reshape(1, -1), axis=1)
        return length - self.length

    def equality_jacobian(self, x: Array) -> Array:
        dx, dy, lengths = self._pieces(x)
        D = self._matrices[1]
        return np.concatenate([dx / lengths @ D, dy / lengths @ D])[None, :]

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        dx, dy, lengths = self._pieces(x)
        D, cube = self._matrices[1], lengths**3
        xx, xy, yy = ((D.T * (w / cube)) @ D for w in (dy * dy, -dx * dy, dx * dx))
        return np.asarray(self.hessian(x) + float(nu[0]) * np.block([[xx, xy], [xy, yy]]))

    def start(self) -> Array:
        t = np.arange(1.0, self.pieces) / self.pieces
        return np.concatenate([self.chord * t, 2.0 * t * (1.0 - t)])

    def facts(self) -> Facts:
        m = self.pieces
        turn = self.angle * (np.arange(1.0, m) / m - 0.5)
        x = np.concatenate([0.5 * self.chord + np.sin(turn), np.cos(turn) - np.cos(self.angle / 2.0)])
        area = 0.5 * float(m * np.sin(self.angle / m) - np.sin(self.angle))
        return Facts(solution=x, optimum=-area, certificate="closed form", convex=False,
                     multipliers=((), (float(np.cos(self.angle / (2 * m))),)))  # fmt: skip

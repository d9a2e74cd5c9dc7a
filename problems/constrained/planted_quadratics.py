"""Quadratic programs whose solution and multipliers are drawn first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab.core.status import InputError
from optlab.kernels.orthogonal import orthogonal
from optlab.sets.box import Box
from optlab_problems.constrained.quadratic_objective import QuadraticObjective
from optlab_problems.forms.sizes import in_memory


@dataclass(frozen=True)
class PlantedQuadratic(QuadraticObjective):
    """½xᵀHx + qᵀx over lo ≤ x ≤ hi and Ax = b, from a planted KKT point; the base of the two below."""

    abstract: ClassVar[bool] = True

    n: Annotated[int, Ge(1)] = 20
    active: Annotated[int, Ge(0)] = 6
    condition: Annotated[float, Ge(1)] = 100.0
    seed: Annotated[int, Ge(0)] = 0

    @property
    def equations(self) -> int:
        """The number of rows of A."""
        return 0

    @cached_property
    def _planted(self) -> dict[str, Array]:
        n, random = self.n, np.random.default_rng(self.seed)
        Q, A = orthogonal(random, n, n), orthogonal(random, n, self.equations).T
        H = (Q * np.array(self.eigenvalues)) @ Q.T
        H = 0.5 * (H + H.T)
        x, nu, begin = random.standard_normal(n), random.standard_normal(self.equations), random.uniform(0.1, 0.9, n)
        lo, hi = x - random.uniform(0.1, 1.0, n), x + random.uniform(0.1, 1.0, n)
        lam = np.zeros((2, n))
        for k, i in enumerate(random.permutation(n)[: self.active]):
            lam[k % 2, i] = random.uniform(0.5, 2.0)
            (lo, hi)[k % 2][i] = x[i]
        return {"H": H, "q": lam[0] - lam[1] - H @ x - A.T @ nu, "A": A, "b": A @ x, "lo": lo, "hi": hi, "x": x,
                "lam": lam.ravel(), "nu": nu, "start": lo + begin * (hi - lo)}  # fmt: skip

    @property
    def eigenvalues(self) -> tuple[float, ...]:
        """Eigenvalues of H, ascending; with n = 1 the one is 1."""
        return tuple(np.geomspace(1.0, self.condition, self.n).tolist())

    @property
    def objective_data(self) -> tuple[Array, Array]:
        """(H, q)."""
        return self._planted["H"], self._planted["q"]

    def start(self) -> Array:
        return self._planted["start"].copy()

    def facts(self) -> Facts:
        there, ends = self._planted, self.eigenvalues
        return Facts(solution=there["x"], optimum=float(self.value(there["x"])), certificate="convex, KKT at x*",
                     convex=True, curvature=(ends[0], ends[-1]), multipliers=(there["lam"], there["nu"]))  # fmt: skip


@dataclass(frozen=True)
class ConvexQP(PlantedQuadratic):
    """½xᵀHx + qᵀx subject to Ax = b and lo ≤ x ≤ hi, H positive definite: a planted solution.

    It teaches the general convex quadratic program: which bounds are active is all that a method has to find; the
    rest is one linear system.

    Attributes
    ----------
    n, p : int
        Variables and equations; A has orthonormal rows.
    active : int
        How many bounds are active at x*, in turn lower and upper ones; at most n − p, so that multipliers are unique.
    condition : float
        κ(H); its eigenvalues are log-spaced from 1 to κ.
    seed : int
        Of everything random. The standard start is within the bounds, and Ax ≠ b there.

    Source: Nocedal & Wright (2006), chapter 16; Calamai, Vicente & Júdice (1993) for planting solutions.
    """

    suites = ("constrained", "quadratics")
    tags = ("quadratic", "convex", "strictly_convex")
    constraints = ("bounds", "equality")
    variants = (
        {"n": 3, "p": 1, "active": 0},
        {"n": 8, "p": 4, "active": 4, "seed": 1},
        {"n": 60, "p": 20, "active": 25, "condition": 1e4, "seed": 2},
    )

    p: Annotated[int, Ge(1)] = 5

    def __post_init__(self) -> None:
        in_memory(self, self.n, self.n, "n")
        if self.p > self.n:
            msg = f"convex_qp: p must be at most n = {self.n}, given {self.p}"
            raise InputError(msg)
        if self.active > self.n - self.p:
            msg = f"convex_qp: active must be at most n − p = {self.n - self.p}, given {self.active}"
            raise InputError(msg)

    @property
    def equations(self) -> int:
        """The number p of rows of A."""
        return self.p

    @property
    def bounds(self) -> tuple[Array, Array]:
        """(lo, hi)."""
        return self._planted["lo"], self._planted["hi"]

    @property
    def linear_equality(self) -> tuple[Array, Array]:
        """(A, b)."""
        return self._planted["A"], self._planted["b"]


@dataclass(frozen=True)
class BoxQuadratic(PlantedQuadratic):
    """½xᵀHx + qᵀx over a box, H positive definite, with a planted solution on some of its faces.

    It teaches what projected gradients and Frank–Wolfe need of a set: a projection, or a linear minimizer. The box
    is a set here, where `convex_qp` has bounds.

    Attributes
    ----------
    n : int
        Number of variables.
    active : int
        How many bounds are active at x*, in turn lower and upper ones; at most n.
    condition : float
        κ(H); its eigenvalues are log-spaced from 1 to κ.
    seed : int
        Of everything random.

    Source: Moré & Toraldo (1989), Algorithms for bound constrained quadratic programming problems.
    """

    suites = ("constrained", "quadratics")
    tags = ("quadratic", "convex", "strictly_convex")
    constraints = ("set",)
    variants = ({"n": 1, "active": 1}, {"n": 5, "active": 0, "seed": 1}, {"n": 80, "active": 60, "condition": 1e4})

    def __post_init__(self) -> None:
        in_memory(self, self.n, self.n, "n")
        if self.active > self.n:
            msg = f"box_quadratic: active must be at most n = {self.n}, given {self.active}"
            raise InputError(msg)

    @cached_property
    def feasible(self) -> Box:
        """The box."""
        return Box(self._planted["lo"], self._planted["hi"])

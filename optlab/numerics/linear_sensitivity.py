"""What a change of b does to the solution of Ax = b, how near a singular matrix is, and what det A says of it: nothing.

Source: Golub & Van Loan (2013), section 2.6; Trefethen & Bau (1997), lectures 4 and 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.status import InputError
from optlab.numerics.conditioning import Array, Condition, condition_number, matrix, square

if TYPE_CHECKING:
    import pandas as pd

PLANE = 2
CIRCLE = 361
"""Points on the circle, both ends included."""


@dataclass(frozen=True)
class Perturbed:
    """What a changed right-hand side did.

    Attributes
    ----------
    x, changed : (n,) array
        The solutions for b and for b + Δb, as computed.
    relative_input, relative_output : float
        ‖Δb‖/‖b‖ and ‖Δx‖/‖x‖, in the 2-norm.
    condition : Condition
        κ₂(A).
    """

    x: Array
    changed: Array
    relative_input: float
    relative_output: float
    condition: Condition

    @property
    def amplification(self) -> float:
        """(‖Δx‖/‖x‖) / (‖Δb‖/‖b‖), at most κ(A)."""
        return self.relative_output / self.relative_input


def perturbed(A: Any, b: Any, db: Any) -> Perturbed:
    """Solve Ax = b and A(x + Δx) = b + Δb, and compare the relative changes.

    A is (n, n), b and Δb (n,), b and Δb not 0. Elimination of a numerically singular A still returns an x; how far it
    can be trusted says `condition.reliable`.

    Source: Golub & Van Loan (2013), section 2.6.2.
    """
    A, b, db = square(A), np.asarray(b, dtype=float), np.asarray(db, dtype=float)
    if not (b.shape == db.shape == A.shape[:1] and b.any() and db.any()):
        msg = f"b and Δb must be of shape ({A.shape[0]},) and not 0, given {b.tolist()} and {db.tolist()}"
        raise InputError(msg)
    x, changed = np.linalg.solve(A, b), np.linalg.solve(A, b + db)
    relative = [float(np.linalg.norm(d) / np.linalg.norm(v)) for d, v in ((db, b), (changed - x, x))]
    return Perturbed(x, changed, relative[0], relative[1], condition_number(A))


def worst_perturbation(A: Any) -> tuple[Array, Array]:
    """Return unit vectors (b, Δb) for which the relative change is multiplied by all of κ₂(A).

    They are u₁, along which the solution is shortest, and uₙ, along which it is longest, of A = UΣVᵀ.
    """
    U = np.linalg.svd(square(A))[0]
    return np.array(U[:, 0]), np.array(U[:, -1])


def amplifications(A: Any, b: Any, count: int = 1000, size: float = 1e-6, seed: int = 0) -> Array:
    """Return the amplification for `count` random Δb of relative length `size`, shape (count,): mostly far below κ.

    Δx = A⁻¹Δb is solved for by itself, so that no digits cancel.
    """
    A, b = square(A), np.asarray(b, dtype=float)
    directions = np.random.default_rng(seed).standard_normal((A.shape[0], count))
    db = size * np.linalg.norm(b) * directions / np.linalg.norm(directions, axis=0)
    lengths = np.linalg.norm(np.linalg.solve(A, db), axis=0) / np.linalg.norm(np.linalg.solve(A, b))
    return np.asarray(lengths / size)


@dataclass(frozen=True)
class NearestSingular:
    """The singular matrix nearest to A.

    Attributes
    ----------
    matrix : (n, n) array
        A − σₙ uₙ vₙᵀ.
    distance : float
        ‖A − matrix‖₂ = σₙ.
    relative : float
        distance/‖A‖₂ = 1/κ₂(A): that large a relative error in A may make it singular.
    null : (n,) array
        vₙ, the unit vector that the singular matrix maps to 0.
    """

    matrix: Array
    distance: float
    relative: float
    null: Array


def nearest_singular(A: Any) -> NearestSingular:
    """Return the singular matrix nearest to A in the 2-norm (and in the Frobenius norm), and how far it is.

    A is square and finite.
    Source: Eckart & Young (1936); Golub & Van Loan (2013), theorem 2.4.8 and section 2.6.2.
    """
    A = square(A)
    U, s, Vt = np.linalg.svd(A)
    relative = float(s[-1] / s[0]) if s[0] > 0 else 0.0
    return NearestSingular(A - s[-1] * np.outer(U[:, -1], Vt[-1]), float(s[-1]), relative, np.array(Vt[-1]))


def determinants(factor: float = 0.1, sizes: Sequence[int] = (1, 10, 50, 100, 200, 300, 323, 400)) -> pd.DataFrame:
    """Return det and κ of cI for several sizes: a determinant measures volume, not nearness to singularity.

    Columns n, det (which underflows to 0), log10_det (from the logarithm, which does not), condition.
    """
    import pandas as pd

    rows = []
    for n in sizes:
        A = factor * np.eye(n)
        with np.errstate(all="ignore"):
            det = float(np.linalg.det(A))
        rows.append((n, det, float(np.linalg.slogdet(A)[1] / np.log(10.0)), condition_number(A).value))
    return pd.DataFrame(rows, columns=["n", "det", "log10_det", "condition"])


def circle_image(A: Any, points: int = CIRCLE) -> tuple[Array, Array]:
    """Return points x on the unit circle, shape (2, points), and Ax: an ellipse with the half-axes σ₁u₁ and σ₂u₂.

    A is (2, 2).
    """
    A = matrix(A)
    if A.shape != (PLANE, PLANE):
        msg = f"the picture is one of a 2 × 2 matrix, given shape {A.shape}"
        raise InputError(msg)
    t = np.linspace(0.0, 2.0 * np.pi, points)
    circle = np.array([np.cos(t), np.sin(t)])
    return circle, A @ circle

"""Mathematics of proximal steps: curvature along a step, and sweeps over the coordinates of a quadratic model."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from optlab.kernels.euclidean import norm
from optlab.kernels.modification import shifted
from optlab.kernels.momentum import next_t
from optlab.kernels.narrow import coarseness, eps
from optlab.kernels.routines import routines

Array = NDArray[np.float64]
Term = Callable[[Array], float]
Operator = Callable[[Array, Any], Array]

EPS = float(np.finfo(float).eps)
ROUNDING = 4 * EPS
"""Products with a gradient are right to this multiple of the product of the norms."""
BETA = 1e-3
"""The first shift of an indefinite matrix, relative to its greatest entry, as in `AddedIdentity`."""
SHARPER = 0.1
"""Where rounding hides what lowers a model: a Newton step is kept after which a sweep moves this part of the last."""
PARTS = (1.0, 0.3, 0.1, 0.03)
"""The lengths of a Newton step that are tried."""
AHEAD = 1e-3
"""How far ahead an operator is differentiated, relative to the point: most are linear in pieces."""
LEAST = 1e-4
"""A curvature below this part of the greatest counts as this part."""
MOST = 5.0
"""ρ changes by this factor at most."""


def local_curvature(s: Array, y: Array) -> float:
    """Return sᵀy/sᵀs, the curvature along a step s that changes the gradient by y; NaN without a step."""
    square = float(s.dot(s))
    return float(s.dot(y)) / square if square > 0 else float("nan")


def curvature_holds(s: Array, y: Array, L: float, g: Array) -> bool:
    """Whether sᵀy ≤ L sᵀs, to the rounding of the gradient g: the descent lemma in terms of gradients."""
    rounding = ROUNDING * coarseness(s) * sqrt(float(g.dot(g)) * float(s.dot(s)))
    return float(s.dot(y)) <= L * float(s.dot(s)) + rounding


def sweep(H: Array, g: Array, x: Array, prox: Operator) -> tuple[Array, Array, float]:
    """Minimize gᵀs + ½sᵀHs + c(x + s) over one coordinate of s after the other, once through all.

    `prox(z, t)` is that of a sum over single variables, with t of shape (n,). A coordinate without curvature stays.

    Returns
    -------
    x, g : (n,) arrays
        The new point, and the gradient of the quadratic there.
    change : float
        The greatest √Hᵢᵢ|sᵢ|, in the units of √f.

    Source: Friedman, Hastie & Tibshirani (2010), section 2.1; Wright (2015), algorithm 1.
    """
    x, g, change = x.copy(), g.copy(), 0.0
    diagonal = H.diagonal()
    t = 1.0 / np.where(diagonal > 0, diagonal, 1.0)
    for i, h in enumerate(diagonal.tolist()):
        if not h > 0:
            continue
        z = x.copy()
        z[i] -= g[i] / h
        s = float(prox(z, t)[i]) - float(x[i])
        if s != 0:
            x[i] += s
            g += s * H[i]
            change = max(change, sqrt(h) * abs(s))
    return x, g, change


def lifted(H: Array) -> tuple[Array, Array] | None:
    """Return H + τI and its lower Cholesky factor, with the first τ = 0, n·eps‖H‖, β‖H‖, 2β‖H‖ … that has one.

    None where H is zero or not finite. Source: Nocedal & Wright (2006), algorithm 3.3, with τ relative to ‖H‖.
    """
    size = float(np.abs(H).max())
    if not 0 < size < np.inf:
        return None
    tau, following = 0.0, H.shape[0] * eps(H) * size
    while True:
        A = shifted(H, tau)
        L, info = routines(H).potrf(A, lower=1, clean=1)
        if info == 0:
            return A, L
        tau, following = following, max(2.0 * following, BETA * size)


def held_variables(x: Array, g: Array, prox: Operator) -> NDArray[np.bool_]:
    """Return which variables an operator on single ones keeps where they are, though g would move them: (n,)."""
    moving = g != 0
    t = np.divide(AHEAD * np.maximum(np.abs(x), 1.0), np.abs(g), out=np.ones_like(x), where=moving)
    return np.asarray(moving & (prox(x - t * g, t) == x))


def lifted_where_free(H: Array, held: NDArray[np.bool_]) -> Array | None:
    """Return H where it is positive definite, else with the part of the free variables lifted, the others decoupled.

    A held variable keeps the magnitude of its own curvature, so that it can be let go; with that of a bound it would
    otherwise shift the curvatures of all. None where H is zero or not finite.
    Source: Bertsekas (1982), Projected Newton methods, section 3, for the decoupling.
    """
    size, free = float(np.abs(H).max()), ~held
    if not 0 < size < np.inf:
        return None
    if not held.any() or routines(H).potrf(H, lower=1, clean=1)[1] == 0:
        made = lifted(H)
        return None if made is None else made[0]
    own = np.abs(H.diagonal())
    A = np.diag(np.where(own > 0, own, size))
    made = lifted(H[np.ix_(free, free)]) if free.any() else None
    if made is not None:
        A[np.ix_(free, free)] = made[0]
    return A


def minimize_model(
    H: Array, g: Array, x: Array, term: Term, prox: Operator, single: bool, forcing: float, sweeps: int
) -> Array:
    """Return z that nearly minimizes gᵀ(z − x) + ½(z − x)ᵀH(z − x) + c(z), H positive definite; c is `term`.

    Where c is a sum over single variables (`single`) by sweeps over the coordinates, otherwise by accelerated proximal
    steps with restart, until what moves z is the `forcing` part of what moved it first, or after `sweeps` passes.
    Sweeps also begin from points along a Newton step, and what lowers the model more than a plain sweep does is kept:
    plain ones alone take the longer the worse H is conditioned.
    """
    if not single:
        return _by_proximal_steps(H, g, x, prox, forcing, sweeps)

    def swept(w: Array, gw: Array) -> tuple[Array, Array, float, float]:
        z, gz, change = sweep(H, gw, w, prox)
        d = z - x
        return z, gz, change, float(d.dot(0.5 * (gz + g))) + term(z)  # gz = g + Hd

    z, gz, first, _ = swept(x, g)
    change = first
    for _ in range(sweeps):
        if not change > forcing * first:
            break
        best = swept(z, gz)
        d = newton_guess(H, gz, z, prox) - z
        for alpha in PARTS:
            w = z + alpha * d
            tried = swept(w, g + H @ (w - x))
            if tried[3] < best[3] or tried[2] <= SHARPER * change:
                best = tried
                break
        z, gz, change, _ = best
    return z


def newton_guess(H: Array, g: Array, x: Array, prox: Operator) -> Array:
    """Return a Newton step for x = prox(x − tg(x), t), g(x) the gradient of a quadratic and t = 1/diag(H).

    The operator works on single variables; its derivative D is found by a difference. Where the operator is linear
    nearby, as at the solution of a lasso whose signs are known, the step solves the equation.
    Source: Li, Sun & Toh (2018), section 2, on such semismooth Newton steps for the lasso.
    """
    t = 1.0 / H.diagonal()
    v = x - t * g
    p = prox(v, t)
    h = np.copysign(AHEAD * np.where(v != 0, np.abs(v), np.abs(v).max()), v)
    if not h.any():
        return p
    D = np.clip((prox(v + h, t) - p) / h, 0.0, 1.0)
    J = np.diag(1.0 - D) + (D * t)[:, None] * H
    _, _, step, info = routines(J).gesv(J, p - x)
    return np.asarray(x + step) if info == 0 else p


def _by_proximal_steps(H: Array, g: Array, x: Array, prox: Operator, forcing: float, steps: int) -> Array:
    """Minimize the model by accelerated proximal steps; the momentum is dropped where it points uphill."""
    t = 1.0 / largest_eigenvalue(H)
    z = y = x
    theta, first = 1.0, 0.0
    for k in range(steps):
        new = prox(y - t * (g + H @ (y - x)), t)
        change = norm(new - y)
        first = first or change
        if change <= forcing * first and k:
            return new
        later = next_t(theta)
        beta = (theta - 1.0) / later
        if float((y - new).dot(new - z)) > 0:
            beta, later = 0.0, 1.0
        y = new + beta * (new - z)
        z, theta = new, later
    return z


def largest_eigenvalue(H: Array) -> float:
    """Return λmax of a symmetric matrix."""
    return float(eigh(H, eigvals_only=True, subset_by_index=[H.shape[0] - 1, H.shape[0] - 1])[0])


def mean_curvature(H: Array) -> float:
    """Return √(λmin λmax) of a symmetric matrix, of the magnitudes where it is indefinite; 0 for a zero matrix.

    Where λmin is below LEAST λmax, that takes its place. The ρ of ADMM that is best for quadratics; source: Raghunathan
    & Di Cairano (2014); Ghadimi et al. (2015), theorem 4.
    """
    values = np.abs(eigh(H, eigvals_only=True))
    largest = float(values.max())
    return sqrt(max(float(values.min()), LEAST * largest)) * sqrt(largest)


def balanced(primal: float, size: float, dual: float, dual_size: float, tolerance: float) -> float:
    """Return what ρ is multiplied by so that primal and dual residual, each relative to its size, become alike; or 1.

    1 where that is within the tolerance, MOST at most. Source: Stellato et al. (2020), section 5.2.
    """
    a, b = primal * dual_size, dual * size
    if not (a > 0 or b > 0):
        return 1.0
    factor = min(max(sqrt(a / b), 1.0 / MOST), MOST) if b > 0 else MOST
    return factor if not 1.0 / tolerance <= factor <= tolerance else 1.0

"""Solutions to rounding level, for facts: returned only where the optimality conditions hold there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from optlab.core.problem import Array, Facts, ProblemBase

LARGEST = 1000
"""Up to this n a solution is looked for."""
STEPS = 200
HALVINGS = 60
SUFFICIENT = 1e-4
"""Part of the predicted decrease that a step must bring."""
INVISIBLE = 1e-10
"""Below this part of f, a predicted decrease drowns in its rounding and the gradient decides."""
ROUNDING = 100 * float(np.finfo(float).eps)
"""What rounding may leave of a gradient, relative to the greatest of its terms."""
SINGULAR = 1e-13
"""A Hessian with a smaller ratio of eigenvalues does not fix its minimizer."""
NEAR = 1e-6
"""Greatest last Newton step, relative to x: where the minimum is at infinity, steps stay as long as they were."""
CLEAR = 1e-6
"""Curvatures below this part of the largest have no clear sign."""


def convex_facts(problem: ProblemBase, note: str = "") -> Facts:
    """Return the facts of a smooth, convex, unconstrained problem: with x* and f* where they can be certified."""
    x = minimizer(problem)
    if x is None:
        return Facts(convex=True, note=note)
    return Facts(solution=x, optimum=float(problem.value(x)), certificate="convex, KKT at x*", convex=True, note=note)


def minimizer(problem: ProblemBase) -> Array | None:
    """Return the minimizer of a smooth, strictly convex f, or None where there is none or it cannot be certified.

    Newton's method with backtracking; near the end, where f no longer resolves the decrease, as long as the
    gradient falls. Source: Boyd & Vandenberghe (2004), algorithm 9.5.
    """
    if problem.n > LARGEST:
        return None
    x = problem.start()
    f, g = problem.value_and_gradient(x)
    first = float(np.abs(g).max())
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            moved = _backtrack(problem, x, f, g, _descent(problem.hessian(x), g))
            if moved is None:
                break
            x, f, g = moved
        H = problem.hessian(x)
        if not (np.isfinite(H).all() and np.isfinite(g).all()):
            return None
        curvatures = np.linalg.eigvalsh(H)
        if not curvatures[0] > SINGULAR * curvatures[-1]:
            return None
        size = float(np.linalg.norm(x))
        certain = float(np.linalg.norm(np.linalg.solve(H, g))) <= NEAR * size
        stationary = float(np.abs(g).max()) <= ROUNDING * (first + float(curvatures[-1]) * size)
    return x if certain and stationary else None


def _descent(H: Array, g: Array) -> Array:
    """Return −(H + τI)⁻¹g with the least τ of 0, 10⁻¹², 10⁻⁹, … times the trace that makes it definite."""
    tau, trace = 0.0, float(np.trace(H)) or 1.0
    while tau <= trace:
        try:
            return -np.asarray(cho_solve(cho_factor(H + tau * np.eye(g.size)), g))
        except (LinAlgError, ValueError):
            tau = 1e3 * tau or 1e-12 * trace
    return -g


def _backtrack(problem: ProblemBase, x: Array, f: float, g: Array, p: Array) -> tuple[Array, float, Array] | None:
    """Return the next point with its f and ∇f, or None where no step is better."""
    slope, t = float(g @ p), 1.0
    for _ in range(HALVINGS):
        ahead = x + t * p
        f_ahead, g_ahead = problem.value_and_gradient(ahead)
        if -t * slope <= INVISIBLE * abs(f):
            return (ahead, f_ahead, g_ahead) if np.abs(g_ahead).max() < np.abs(g).max() else None
        if f_ahead <= f + SUFFICIENT * t * slope:
            return ahead, f_ahead, g_ahead
        t *= 0.5
    return None


def saddles(problem: ProblemBase, points: list[Array]) -> dict[str, list[Array]]:
    """Return those of the critical points where the Hessian clearly has negative and positive eigenvalues."""
    found = []
    at_start = float(np.abs(problem.hessian(problem.start())).max()) if points else 0.0
    for x in points:
        curvatures = np.linalg.eigvalsh(problem.hessian(x))
        clear = CLEAR * max(at_start, float(np.abs(curvatures).max()))
        if curvatures[0] < -clear and curvatures[-1] > clear:
            found.append(x)
    return {"saddle": found} if found else {}


def columns_of_hessian(products: Callable[[Array], Array], n: int, at_once: int) -> Array:
    """Return the symmetric (n, n) matrix H from `products`, which maps (K, n) directions to (K, n) products Hv."""
    H = np.empty((n, n))
    for i in range(0, n, at_once):
        H[i : i + at_once] = products(np.eye(min(at_once, n - i), n, i))
    return 0.5 * (H + H.T)

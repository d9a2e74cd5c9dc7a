"""Density estimation by a mixture of normal distributions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.samples import Indices, Samples
from optlab.core.settings import check_settings
from optlab_problems.forms.sizes import in_memory
from optlab_problems.ml.data import SHAPES, blobs, check_choice, table
from optlab_problems.ml.reference import saddles

SYNTHETIC = (60, 2)
"""Rows and features of synthetic data where none are given."""
TRAP = (
    "without a prior the likelihood is unbounded: a component that shrinks onto a single point has −log → −∞; "
    "components may be exchanged, and all logits moved together, without changing f"
)


@dataclass(frozen=True)
class GaussianMixture(ProblemBase):
    """−(1/m) Σ log Σₖ wₖ N(yᵢ; μₖ, σₖ²I) + prior: a mixture of K round normal distributions.

    It teaches what likelihoods are like: many equal minima by exchange of components, a saddle where all coincide, and
    without the prior no minimum at all. The prior is β Σₖ (2 log σₖ + v/σₖ²), that of an inverse gamma distribution
    with its mode at σ² = v, the mean variance of the features over K^(2/d).
    x = (aₖ, μₖ, sₖ) component after component, shape (K, d + 2): weights w = softmax(a), scales σₖ = exp(sₖ).

    Attributes
    ----------
    components : int
        K.
    data : str
        "synthetic": normal points around K centers. "iris" or "wine" (they need scikit-learn). All standardized.
    features, m : int, optional
        d, the first features, and rows, evenly spaced ones; None: all, or 2 and 60 synthetic ones.
    prior : float
        β, relative to one observation; 0 brings the unbounded likelihood back.
    separation, seed : float, int
        Standard deviation of the synthetic centers in those of the points around them; the seed of the data and of
        the start, whose means are K of the points.

    Source: Hastie, Tibshirani & Friedman (2009), section 8.5; Day (1969) for the unbounded likelihood; Fraley & Raftery
    (2007) for the prior.
    """

    suites = ("ml",)
    tags = ("nonconvex", "multimodal", "degenerate", "saddle", "finite_sum")
    variants = (
        {"components": 2, "features": 1, "m": 30},
        {"components": 2, "data": "iris", "prior": 0.1},
    )

    components: Annotated[int, Ge(1)] = 3
    data: Literal["synthetic", "iris", "wine"] = "synthetic"
    features: Annotated[int | None, Ge(1)] = None
    m: Annotated[int | None, Ge(2)] = None
    prior: Annotated[float, Ge(0)] = 0.02
    separation: Annotated[float, Ge(0)] = 3.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_settings(self)
        check_choice(self.data, self._d, self.m, what="features", problem=self)
        in_memory(self, self.components * self._d, self._d, "components", "features")

    @property
    def _d(self) -> int:
        return self.features or SHAPES.get(self.data, SYNTHETIC)[1]

    @cached_property
    def Y(self) -> Array:  # noqa: N802  textbook letter
        """The points, shape (m, d)."""
        Y: Array
        if self.data == "synthetic":
            Y, _ = blobs(self._d, self.m or SYNTHETIC[0], self.components, self.separation, self.seed)
        else:
            Y, _ = table(self.data, self._d, self.m)
        return Y

    @cached_property
    def _v(self) -> float:
        """The mode of the prior of σ²."""
        return float(np.mean(self.Y.var(axis=0)) / float(self.components) ** (2.0 / self._d))

    def _logs(self, x: Any, Y: Array) -> tuple[Any, Any, Any, Any, Any]:
        """(log of weight times density without constants (m, K), differences (m, K, d), 1/σ² (K,), a, s)."""
        theta = x.reshape(self.components, self._d + 2)
        a, s = theta[:, 0], theta[:, -1]
        apart = Y[:, None, :] - theta[:, 1:-1]
        precision = np.exp(-2.0 * s)
        return a - self._d * s - 0.5 * precision * np.sum(apart * apart, axis=2), apart, precision, a, s

    def _mean_loss(self, x: Array, Y: Array) -> float:
        logs, _, precision, a, s = self._logs(x, Y)
        constant = 0.5 * self._d * np.log(2.0 * np.pi)
        penalty = self.prior * np.sum(2.0 * s + self._v * precision)
        return _log_sum_exp(a[None, :])[0] - np.mean(_log_sum_exp(logs)) + constant + penalty  # type: ignore[no-any-return]

    def _parts(self, x: Array, Y: Array) -> tuple[Array, Array, Array, Array, Array]:
        """(responsibilities (m, K), slopes of the logs (m, K, d + 2), differences, 1/σ², weights)."""
        logs, apart, precision, a, _ = self._logs(x, Y)
        slopes = np.empty((*logs.shape, self._d + 2))
        slopes[:, :, 0] = 1.0
        slopes[:, :, 1:-1] = apart * precision[:, None]
        slopes[:, :, -1] = np.sum(apart * apart, axis=2) * precision - self._d
        return _softmax(logs), slopes, apart, precision, _softmax(a[None, :])[0]

    def _mean_slope(self, x: Array, Y: Array) -> Array:
        shares, slopes, _, precision, w = self._parts(x, Y)
        G = -np.einsum("mk,mkj->kj", shares, slopes) / len(Y)
        G[:, 0] += w
        G[:, -1] += 2.0 * self.prior * (1.0 - self._v * precision)
        return np.asarray(G.ravel())

    def value(self, x: Array) -> float:
        return self._mean_loss(x, self.Y)

    def gradient(self, x: Array) -> Array:
        return self._mean_slope(x, self.Y)

    def hessian(self, x: Array) -> Array:
        K, d, m = self.components, self._d, len(self.Y)
        shares, slopes, apart, precision, w = self._parts(x, self.Y)
        weighted = shares[:, :, None] * slopes
        rows = weighted.reshape(m, -1)
        H = (rows.T @ rows / m).reshape(K, d + 2, K, d + 2)
        own = np.einsum("mki,mkj->kij", weighted, slopes) / m
        curved = np.zeros((K, d + 2, d + 2))
        total = shares.mean(axis=0)
        curved[:, range(1, d + 1), range(1, d + 1)] = -(total * precision)[:, None]
        curved[:, 1:-1, -1] = curved[:, -1, 1:-1] = -2.0 * weighted[:, :, 1:-1].mean(axis=0)
        curved[:, -1, -1] = -2.0 * precision * np.mean(shares * np.sum(apart * apart, axis=2), axis=0)
        each = range(K)
        H[each, :, each, :] -= own + curved
        H[:, 0, :, 0] += np.diag(w) - np.outer(w, w)
        H[each, -1, each, -1] += 4.0 * self.prior * self._v * precision
        full = H.reshape(x.size, x.size)
        return np.asarray(0.5 * (full + full.T))

    @property
    def samples(self) -> Samples:  # type: ignore[override]  # read-only here
        """One term for each point."""
        return Samples(len(self.Y), self._sampled_value, self._sampled_gradient)

    def _sampled_value(self, x: Array, rows: Indices) -> float:
        return float(self._mean_loss(x, self.Y[rows]))

    def _sampled_gradient(self, x: Array, rows: Indices) -> Array:
        return self._mean_slope(x, self.Y[rows])

    def _placed(self, means: Array, variance: float) -> Array:
        """Return x with equal weights, these means (K, d) and one variance."""
        K = self.components
        return np.column_stack([np.zeros(K), means, np.full(K, 0.5 * np.log(variance))]).ravel()

    def start(self) -> Array:
        random = np.random.default_rng([self.seed, 1])
        chosen = random.choice(len(self.Y), self.components, replace=len(self.Y) < self.components)
        return self._placed(self.Y[chosen], float(np.mean(self.Y.var(axis=0))))

    def facts(self) -> Facts:
        """All components equal, each the best single normal distribution, is a critical point."""
        variance, K, d = float(np.mean(self.Y.var(axis=0))), self.components, self._d
        best = (d * variance + 2.0 * K * self.prior * self._v) / (d + 2.0 * K * self.prior)
        equal = self._placed(np.tile(self.Y.mean(axis=0), (K, 1)), best)
        if K == 1:
            return Facts(solution=equal, optimum=float(self.value(equal)), certificate="closed form", note=TRAP)
        return Facts(convex=False, critical_points=saddles(self, [equal]), note=TRAP)


def _log_sum_exp(Z: Any) -> Any:
    """Log Σ exp over each row, without overflow."""
    top = np.max(Z, axis=1)
    return top + np.log(np.sum(np.exp(Z - top[:, None]), axis=1))


def _softmax(Z: Array) -> Array:
    E = np.exp(Z - Z.max(axis=1)[:, None])
    return np.asarray(E / E.sum(axis=1)[:, None])

"""Evaluations that are not what they should be, as a function of the point."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from optlab.core.facts import Facts
from optlab.core.problem import Array, ProblemBase
from optlab.core.transform import Transform, Wrapper
from optlab.transforms._start import standard_scale


class Falsifying(Transform):
    """A transform that changes values and gradients after they are computed.

    What it does depends on its seed and on every bit of x: the same point always gives the same answer, in any order
    and in any process, so that runs can be repeated and resumed. Hessians stay exact; residuals and samples, which
    would tell the truth, are taken away.
    """

    abstract = True
    spares_start: ClassVar[bool] = False
    """Whether the standard start is always told truly."""

    @abstractmethod
    def falsified_value(self, x: Array, f: float) -> float:
        """Return what is said of f(x)."""

    @abstractmethod
    def falsified_gradient(self, x: Array, g: Array) -> Array:
        """Return what is said of ∇f(x), a fresh (n,) array or g itself."""

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem with false answers; its `exact` is the one that was given."""
        return Falsified(problem, self)

    def draws(self, x: Array, axis: str) -> np.random.Generator:
        """Return the generator of the point x, for one axis ("f", "gradient")."""
        digest = hashlib.blake2b(np.ascontiguousarray(x).tobytes() + axis.encode(), digest_size=16).digest()
        return self.generator(*np.frombuffer(digest, dtype=np.uint32).tolist())


class Falsified(Wrapper):
    """A problem that is not told truly; `exact` is."""

    transform: Falsifying
    residuals = None
    samples = None

    @property
    def exact(self) -> ProblemBase:
        """The problem that is told truly."""
        return self.inner.exact

    def value(self, x: Any) -> Any:
        f = self.inner.value(x)
        return self._f(x, float(f)) if isinstance(x, np.ndarray) else f  # autograd sees the truth

    def gradient(self, x: Array) -> Array:
        return self._g(x, self.inner.gradient(x))

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        f, g = self.inner.value_and_gradient(x)
        return self._f(x, float(f)), self._g(x, g)

    def values(self, X: Array) -> Array:
        pairs = zip(X, self.inner.values(X), strict=True)
        return np.array([self._f(x, float(f)) for x, f in pairs], dtype=X.dtype)

    def gradients(self, X: Array) -> Array:
        pairs = zip(X, self.inner.gradients(X), strict=True)
        return np.array([self._g(x, g) for x, g in pairs], dtype=X.dtype).reshape(X.shape)

    def _f(self, x: Array, f: float) -> float:
        return f if self._spared(x) else self.transform.falsified_value(x, f)

    def _g(self, x: Array, g: Array) -> Array:
        return g if self._spared(x) else self.transform.falsified_gradient(x, g)

    def _spared(self, x: Array) -> bool:
        return self.transform.spares_start and np.array_equal(x, self._begin)

    @cached_property
    def _begin(self) -> Array:
        return self.inner.start()

    def facts(self) -> Facts:
        known = self.inner.known
        scale = known.scale if known.scale is not None else standard_scale(self.exact)
        return replace(known, scale=scale, note="; ".join(filter(None, [known.note, "facts are those without noise"])))

"""Transforms: problems made of another problem, with its facts carried along."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from math import isfinite
from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.settings import name_of
from optlab.core.status import InputError


class Transform(ABC):
    """Turns a problem into another; a frozen dataclass whose fields are its settings.

    What is random is drawn from `generator`, which depends on the setting `seed` and the transform's own name alone:
    the same in every process, whatever other transforms there are.
    """

    abstract: ClassVar[bool] = True

    @abstractmethod
    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the transformed problem; the given one is left as it is.

        Raises
        ------
        InputError
            Where the problem cannot be transformed so, with the reason.
        """

    def finite(self, *names: str) -> None:
        """Raise an InputError unless these settings are finite numbers."""
        for name in names:
            if not isfinite(getattr(self, name)):
                msg = f"{name_of(self)}: {name} must be finite, given {getattr(self, name)!r}"
                raise InputError(msg)

    def generator(self, *more: int) -> np.random.Generator:
        """Return the generator of this transform, keyed by its seed, its name, and further numbers."""
        seed = int(getattr(self, "seed", 0))
        return np.random.default_rng(np.random.SeedSequence([seed, *name_of(self).encode(), *more]))


def _of_the_inner(name: str) -> Any:
    return property(lambda problem: getattr(problem.inner, name))


class Wrapper(ProblemBase):
    """A problem that is another one but for what a subclass redefines; the base of all transformed problems.

    Attributes
    ----------
    inner : ProblemBase
        The problem before the transform.
    transform : Transform
        What was applied.
    """

    tags = _of_the_inner("tags")
    suites = _of_the_inner("suites")
    autodiff = _of_the_inner("autodiff")
    feasible = _of_the_inner("feasible")
    bounds = _of_the_inner("bounds")
    linear_equality = _of_the_inner("linear_equality")
    linear_inequality = _of_the_inner("linear_inequality")
    composite = _of_the_inner("composite")
    samples = _of_the_inner("samples")
    equality = _of_the_inner("equality")
    inequality = _of_the_inner("inequality")
    residuals = _of_the_inner("residuals")

    def __init__(self, inner: ProblemBase, transform: Transform) -> None:
        self.inner, self.transform = inner, transform

    def __repr__(self) -> str:
        return f"{self.inner!r} | {self.transform!r}"

    @property
    def name(self) -> str:
        """The registry name of the innermost problem."""
        return name_of(self.inner)

    @property
    def chain(self) -> tuple[Transform, ...]:
        """The transforms, in the order in which they were applied."""
        return (*getattr(self.inner, "chain", ()), self.transform)

    @property
    def exact(self) -> ProblemBase:
        """The same problem without whatever falsifies its evaluations."""
        clean = self.inner.exact
        return self if clean is self.inner else self.transform.apply(clean)

    def value(self, x: Array) -> float:
        return self.inner.value(x)

    def gradient(self, x: Array) -> Array:
        return self.inner.gradient(x)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        return self.inner.value_and_gradient(x)

    def hessian(self, x: Array) -> Array:
        return self.inner.hessian(x)

    def hvp(self, x: Array, v: Array) -> Array:
        return self.inner.hvp(x, v)

    def values(self, X: Array) -> Array:
        return self.inner.values(X)

    def gradients(self, X: Array) -> Array:
        return self.inner.gradients(X)

    def hessians(self, X: Array) -> Array:
        return self.inner.hessians(X)

    def hvps(self, X: Array, V: Array) -> Array:
        return np.array([self.hvp(x, v) for x, v in zip(X, V, strict=True)], dtype=X.dtype).reshape(X.shape)

    def together(self, x: Array) -> int:
        return 0

    def jacobian(self, x: Array) -> Array:
        return self.inner.jacobian(x)

    def equality_jacobian(self, x: Array) -> Array:
        return self.inner.equality_jacobian(x)

    def inequality_jacobian(self, x: Array) -> Array:
        return self.inner.inequality_jacobian(x)

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return self.inner.lagrangian_hessian(x, lam, nu)

    def hessian_pattern(self) -> tuple[Any, Any] | None:
        """The inner problem's pattern; a change of variables redefines it."""
        return self.inner.hessian_pattern()

    def start(self) -> Array:
        return self.inner.start()

    def standard_start(self) -> Array:
        """The start of the innermost problem in the variables of this one, whatever start it was given since."""
        return self.inner.standard_start() if isinstance(self.inner, Wrapper) else self.inner.start()

    def facts(self) -> Facts:
        return self.inner.known

    def by_hand(self, name: str) -> bool:
        """Whether the innermost problem has the method by hand."""
        return self.inner.by_hand(name)

    def lacks(self, need: str) -> str:
        """Return why the problem cannot serve a need; what a transform takes away it lacks, the rest it inherits."""
        taken = {"residuals": self.residuals, "jacobian": self.residuals, "samples": self.samples}
        if need in ("projection", "lmo") or taken.get(need, True) is None:
            return super().lacks(need)
        return self.inner.lacks(need)


Function = Callable[[Array], Any]
"""A function of a point: a constraint, residuals."""


def after(function: Function | None, map_: Function) -> Function | None:
    """Return x ↦ function(map(x)), or None where there is no function."""
    return None if function is None else lambda x: function(map_(x))

"""Methods around a method: what they change is the gradient that the inner one sees."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.samples import Indices
from optlab.kernels.euclidean import norm
from optlab.optimizers.gradient.gradient_descent import GradientDescent


class _OfTheInner:
    """A fact that an instance has from its inner optimizer; of the class it is what any optimizer has."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, cls: type) -> Any:
        fact = getattr(Optimizer if optimizer is None else optimizer.inner, self.name)
        if optimizer is not None and self.name == "properties":
            return tuple(tag for tag in fact if tag in optimizer.keeps)
        return fact


def of_the_inner() -> Any:
    """Return a class attribute that is the inner optimizer's own."""
    return _OfTheInner()


class View:
    """An oracle whose gradients are changed on the way; everything else is the oracle's own, counts and memo too.

    `true` holds, for every gradient that was changed, the pair of what was handed out and what it was before.
    """

    def __init__(self, oracle: Oracle, changed: Any) -> None:
        self._oracle, self._changed = oracle, changed
        self._last: tuple[Array, Array] | None = None
        self.true: dict[int, tuple[Array, Array]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._oracle, name)

    def gradient(self, x: Array) -> Array:
        """∇f(x), changed."""
        return self._seen(self._oracle.gradient(x))

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """f(x), and ∇f(x) changed."""
        f, g = self._oracle.value_and_gradient(x)
        return f, self._seen(g)

    def sample_gradient(self, x: Array, indices: Indices) -> Array:
        """The mean gradient of some terms, changed."""
        return self._seen(self._oracle.sample_gradient(x, indices))

    def _seen(self, g: Array) -> Array:
        """Return the changed gradient: g itself where nothing changes, the same array for the same g."""
        if self._last is None or self._last[0] is not g:
            seen = self._changed(g)
            if seen is not g:
                seen.setflags(write=False)
                self.true[id(seen)] = (seen, g)
            self._last = (g, seen)
        return self._last[1]


@dataclass(frozen=True)
class WrappedState(State):
    """The true x, f and g, and in `memory` the state of the inner optimizer, with the gradient that it saw.

    Attributes
    ----------
    clip_ratio : float
        ‖gradient seen‖/‖∇f(x)‖: 1 where nothing was changed.
    """

    clip_ratio: float = 1.0

    @property
    def recorded(self) -> tuple[str, ...]:  # type: ignore[override]  # what the inner state records is recorded too
        """Names of the further fields that the trace keeps."""
        inner = tuple(name for name in self.memory.recorded if name != "clip_ratio")
        return ("clip_ratio", *inner)

    def __getattr__(self, name: str) -> Any:
        """Return what the inner state has: its own fields are this one's too."""
        memory = self.__dict__.get("memory")
        if memory is None or name.startswith("__"):
            msg = f"{type(self).__name__} has no field {name!r}"
            raise AttributeError(msg)
        return getattr(memory, name)


@dataclass(frozen=True)
class GradientWrapper(Optimizer):
    """An optimizer that shows another one a changed gradient; a subclass writes `changed`.

    x, f and g of the state are true, as are the counts; the inner optimizer steps from its own state. Hessians and
    products with them are not changed, nor is f: a search inside sees a slope that is not that of f.

    Parameters
    ----------
    inner : Optimizer
        The method; its needs and the constraints it handles are taken over, and what it `keeps` of its properties.
    """

    abstract: ClassVar[bool] = True
    keeps: ClassVar[tuple[str, ...]] = (
        "monotone", "feasible", "stochastic", "foreign", "derivative_free", "permutation", "translation", "rotation",
    )  # fmt: skip
    """Properties of the inner optimizer that changing the gradient leaves it; rates and units of f it takes away."""
    needs = of_the_inner()
    handles = of_the_inner()
    properties = of_the_inner()
    exact = of_the_inner()
    precisions = of_the_inner()

    inner: Optimizer = GradientDescent()  # noqa: RUF009  frozen

    @abstractmethod
    def changed(self, g: Array) -> Array:
        """Return what the inner optimizer sees for g: a fresh array, or g itself where nothing is to be changed."""

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Let the inner optimizer begin."""
        view = View(oracle, self.changed)
        inner = self.inner.init(cast("Oracle", view), x0)
        return self._around(oracle, view, inner, None)

    def step(self, oracle: Oracle, state: State) -> State:
        """Let the inner optimizer take its step."""
        view = View(oracle, self.changed)
        inner = self.inner.step(cast("Oracle", view), state.memory)
        return self._around(oracle, view, inner, state)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """Return that of the inner optimizer, at the true gradient."""
        inner = state.memory if state.memory.g is state.g else replace(state.memory, g=state.g)
        return self.inner.stationarity(oracle, inner)

    def lacks(self) -> str:
        """Return why the inner optimizer cannot run here, or ""."""
        return self.inner.lacks()

    def close(self, state: State | None) -> None:
        """Let the inner optimizer release what it holds."""
        self.inner.close(None if state is None else state.memory)

    def _around(self, oracle: Oracle, view: View, inner: State, old: State | None) -> State:
        if id(inner.g) in view.true:
            g = view.true[id(inner.g)][1]
        elif old is not None and inner.g is old.memory.g:  # the step was rejected
            g = old.g
        else:
            g = inner.g
        ratio = 1.0 if g is inner.g else norm(inner.g) / norm(g)
        return WrappedState(
            inner.x, inner.f, g, inner.k, inner.step_size, inner.direction, inner.restarts, inner, ratio
        )

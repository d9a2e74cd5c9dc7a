"""The oracle of many runs in step: one question about B points is answered, and counted, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optlab import derivatives
from optlab.core.oracle import Oracle
from optlab.core.status import EvaluationError
from optlab.derivatives.batched import Batched, NotBatchableError, ends, lifted

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase


class ManyPoints:
    """A problem without constraints whose functions take a Batched x, of shape (n,), and return a Batched answer.

    Each is the problem's own: the one for the rows of a matrix where that is written by hand, else the one for a
    point, which is called once with all of them, else autograd through `value`.
    """

    composite = None

    def __init__(self, problem: ProblemBase) -> None:
        self._problem = problem
        self.rows = {name for name in ("values", "gradients", "hessians") if problem.by_hand(name)}
        self.points = {name for name in ("gradient", "value_and_gradient", "hessian") if problem.by_hand(name)}

    def by_hand(self, name: str) -> bool:
        """Whether f and ∇f are asked for together: always."""
        return name == "value_and_gradient"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._problem, name)

    def value(self, x: Batched) -> Any:
        """F at every point."""
        if "values" in self.rows:
            return Batched(np.asarray(self._problem.values(x.data.T)))
        return Batched(ends(self._problem.value(x), x.data.shape[-1]))  # type: ignore[arg-type]

    def gradient(self, x: Batched) -> Any:
        """∇f at every point."""
        if "gradients" in self.rows:
            return Batched(np.asarray(self._problem.gradients(x.data.T)).T)
        if "gradient" in self.points:
            return self._problem.gradient(x)  # type: ignore[arg-type]
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Batched) -> tuple[Any, Any]:
        """F and ∇f at every point."""
        if "gradients" in self.rows and "values" in self.rows:
            return self.value(x), self.gradient(x)
        if "value_and_gradient" in self.points:
            return self._problem.value_and_gradient(x)  # type: ignore[arg-type]
        if "gradients" in self.rows or "gradient" in self.points:
            return self.value(x), self.gradient(x)
        F, G = derivatives.values_and_gradients(self._problem.value, x.data)
        return Batched(F), Batched(G)

    def hessian(self, x: Batched) -> Any:
        """∇²f at every point, by autograd too: it takes all points at once where it can."""
        if "hessian" in self.points and "hessians" not in self.rows:
            return self._problem.hessian(x)  # type: ignore[arg-type]
        return Batched(np.moveaxis(self._problem.hessians(x.data.T), 0, -1))

    def hvp(self, x: Batched, v: Any) -> Any:
        """∇²f v at every point."""
        return self.hessian(x) @ v


class ManyOracle(Oracle):
    """The oracle of B runs in step: arrays it is given and returns are batches, its counters are those of each run.

    Raises
    ------
    NotBatchableError
        When something has another shape than the runs.
    """

    __slots__ = ()

    def __init__(self, problem: ProblemBase, seed: int = 0) -> None:
        super().__init__(ManyPoints(problem), seed)  # type: ignore[arg-type]

    def _at(self, x: Any) -> None:
        if x is not self._x:
            x.setflags(False)
            self._x, self._f, self._g, self._memo = x, None, None, None

    def value_and_gradient(self, x: Any) -> tuple[Any, Any]:
        """F and ∇f at every point."""
        self._at(x)
        if self._f is None and self._g is None:
            if self.n_f >= self._max_f:
                self._spend("f")
            if self.n_gradient >= self._max_gradient:
                self._spend("gradient")
            self.n_f += 1
            self.n_gradient += 1
            f, g = self._problem.value_and_gradient(x)
            self._f, self._g = self._number(f), self._vector(g, "gradient")
        return self.value(x), self.gradient(x)

    def max_abs(self, v: Any) -> Any:
        """‖v‖∞ of every run."""
        return np.max(np.abs(v))

    def project(self, x: Any) -> Any:
        """Return x: there are no constraints."""
        return x

    def _number(self, f: Any) -> Any:
        return self._shaped(f, (), "f")

    def _vector(self, v: Any, name: str, held: int = 0) -> Any:
        assert self._x is not None
        return self._shaped(v, self._x.shape, name)

    def _matrix(self, M: Any, name: str, rows: int | None = None) -> Any:
        return self._shaped(M, (rows or self.n, self.n), name)

    def _shaped(self, a: Any, shape: tuple[int, ...], name: str) -> Batched:
        """Return a read-only batch as wide as x, of floats."""
        at: Any = self._x
        width = at.data.shape[-1]
        data = np.asarray(lifted(a))
        if np.iscomplexobj(data) or data.dtype == object or data.shape[:-1] not in (shape, ()):
            msg = f"{name} of shape {data.shape[:-1]}"
            raise NotBatchableError(msg) if data.dtype == object else EvaluationError(msg)
        if data.shape != (*shape, width) or data.dtype != float or data.base is not None:
            data = np.array(np.broadcast_to(data, (*shape, width)), dtype=float)
        data.setflags(write=False)
        return Batched(data)

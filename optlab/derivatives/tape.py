"""The tape: one evaluation of a function, recorded through autograd's boxes and pulled back as often as asked.

It records what autograd records and uses autograd's rules, apart from indexing, where a slice is added to a slice
instead of entry by entry. Only this package imports it, and only when a derivative is first asked for.

Source: Griewank & Walther (2008), Evaluating Derivatives, sections 3.2 and 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.core import VJPNode, add_outgrads, primitive_vjps
from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.tracer import getval, isbox, new_box, notrace_primitives, trace_stack
from autograd.util import toposort

from optlab.derivatives.batched import Batched
from optlab.derivatives.traps import IMPORT, UntraceableError

APART = (
    "np.array, np.dot, np.concatenate and np.where of plain NumPy make arrays of objects, on which autograd loses the "
    f"derivative: {IMPORT}"
)
Rule = Callable[..., Callable[[Any], Any]]
MATRIX = 2
RULES: dict[Any, Rule] = {}
"""Primitive → from (argnums, value, args, kwargs) to the map that pulls back; used in place of autograd's own."""


class TapeNode(VJPNode):  # type: ignore[misc]  # autograd has no types
    """A recorded operation: `parents`, `vjp` from its cotangent to theirs, and the `size` of its result."""

    __slots__ = ("size",)

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any) -> None:
        self.size = getattr(value, "size", 1)
        if type(value) is np.ndarray and value.dtype == object:
            raise UntraceableError(APART)
        rule = RULES.get(fun)
        if rule is None:
            super().__init__(value, fun, args, kwargs, argnums, parents)
        else:
            self.parents = parents  # type: ignore[misc]  # slots of the base
            self.vjp = rule(argnums, value, args, kwargs)  # type: ignore[misc]

    def initialize_root(self) -> None:
        super().initialize_root()
        self.size = 1


notrace_primitives[TapeNode] = notrace_primitives[VJPNode]


class Tape:
    """The record of f at x.

    Attributes
    ----------
    value : array or number
        f(x).
    order : list of nodes
        From the result back to x; empty where the result does not depend on x.
    width : int
        The size of the largest array between the two.
    """

    __slots__ = ("order", "value", "width")

    def __init__(self, f: Callable[[Any], Any], x: Any, node: Any = TapeNode) -> None:
        root = node.new_root()
        level = trace_stack.top + 1
        trace_stack.top = level
        try:
            end = f(new_box(x, level, root))
        finally:
            trace_stack.top = level - 1
        depends = isbox(end) and end._trace == level
        self.value = end._value if depends else end
        self.order = list(toposort(end._node)) if depends else []
        self.width = max((node.size for node in self.order), default=1)

    def pull(self, g: Any, through: Callable[[Any, Any], Any] | None = None) -> Any:
        """Return (∂f/∂x)ᵀ g for a cotangent g; `through(node, g)` takes it through one node."""
        there: dict[Any, Any] = {self.order[0]: (g, False)}
        for node in self.order:
            g = there.pop(node)[0]
            pulled = iter(node.vjp(g) if through is None else through(node, g))
            for parent in node.parents:
                there[parent] = _sum(there.get(parent), next(pulled))
            del pulled
        return g


def _sum(there: Any, more: Any) -> Any:
    """Add a contribution to (what is there, whether it is ours to change)."""
    kind = type(more)
    if kind is not np.ndarray and kind is not ArrayBox and kind is not Batched and kind is not np.float64:
        return add_outgrads(there, more)
    if there is None:
        return more, False
    before, own = there
    if kind is ArrayBox or type(before) is ArrayBox:
        return plus(before, more), False
    if own and kind is np.ndarray:
        before += more
        return before, True
    return before + more, True


@primitive  # type: ignore[untyped-decorator]
def plus(a: Any, b: Any) -> Any:
    """The sum a + b of equal shapes: autograd's own sum looks for axes to broadcast."""
    return a + b


defvjp(plus, lambda _ans, _a, _b: lambda g: g, lambda _ans, _a, _b: lambda g: g)


@primitive  # type: ignore[untyped-decorator]
def scatter(g: Any, index: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return zeros of a shape with g added at an index, the transpose of taking the index."""
    if type(g) is Batched:
        return Batched(_scattered(g.data, g.inner(index), (*shape, g.data.shape[-1]), dtype))
    return _scattered(g, index, shape, dtype)


def _scattered(g: Any, index: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    out = np.zeros(shape, dtype)
    if _once(index):
        out[index] = g
    else:
        np.add.at(out, index, g)
    return out


def _once(index: Any) -> bool:
    """Whether no entry can be taken twice: slices, integers, masks."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice))
        or (type(part) is np.ndarray and part.dtype == bool)
        for part in parts
    )  # fmt: skip


defvjp(scatter, lambda _ans, _g, index, _shape, _dtype: lambda h: h[index])


def _take_rule(_argnums: Any, _value: Any, args: Any, _kwargs: Any) -> Callable[[Any], Any]:
    A, index = args
    shape, dtype = np.shape(getval(A)), np.result_type(getval(A))
    return lambda g: (scatter(g, index, shape, dtype),)


def _dot_rule(argnums: Any, value: Any, args: Any, kwargs: Any) -> Any:
    """Pull back through np.dot as through @: autograd's own rule does not take batches."""
    axes = [anp.ndim(a) for a in args]
    same = anp.multiply if 0 in axes else anp.matmul if max(axes) <= MATRIX else anp.dot
    return primitive_vjps[same](argnums, value, args, kwargs)


RULES[ArrayBox.__getitem__] = _take_rule
RULES[anp.dot] = _dot_rule

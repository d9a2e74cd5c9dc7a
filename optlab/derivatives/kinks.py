"""Why a gradient is not a number where the function is one."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from autograd.tracer import getval, notrace_primitives

from optlab.derivatives import Scalar
from optlab.derivatives.forms import traced
from optlab.derivatives.reverse import point, scalar
from optlab.derivatives.tape import Tape, TapeNode
from optlab.derivatives.traps import frame_place

ROOT = "add a small constant under the root, np.sqrt(s + 1e-12), or give the gradient by hand"
WHERE = (
    "the branch that np.where leaves out counts as 0 · ∞: make its argument harmless first, "
    "np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)"
)
ELSE = "keep its argument away from there, or give the gradient by hand"


class Witness(TapeNode):
    """A recorded operation that knows its name and the line that asked for it."""

    __slots__ = ("name", "place")

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any) -> None:
        super().__init__(value, fun, args, kwargs, argnums, parents)
        self.name, self.place = getattr(fun, "__name__", str(fun)), frame_place(sys._getframe())

    def initialize_root(self) -> None:
        super().initialize_root()
        self.name = self.place = ""


notrace_primitives[Witness] = notrace_primitives[TapeNode]


def nan_reason(f: Scalar, x: Any) -> str:
    """Return why ∇f(x) by autograd is not finite where f is, in one line; "" where it is finite, or f is not.

    The tape is replayed until a finite cotangent becomes one that is not: that operation has its kink or its pole at x.
    """
    x = point(x)
    culprits: list[Witness] = []

    def watch(node: Witness, g: Any) -> list[Any]:
        parts = list(node.vjp(g))
        if not culprits and np.isfinite(g).all() and not all(np.isfinite(part).all() for part in parts):
            culprits.append(node)
        return parts

    with np.errstate(all="ignore"):
        tape = traced(f, x, lambda way: Tape(scalar(way), x, Witness))
        if not tape.order or not np.isfinite(getval(tape.value)):
            return ""
        slope = tape.pull(np.ones(()), watch)
    if np.isfinite(slope).all() or not culprits:
        return ""
    name = culprits[0].name
    chosen = any(node.name == "where" for node in tape.order)
    meaning = WHERE if chosen else ROOT if name in ("sqrt", "norm") else ELSE
    return f"f is finite but autograd's derivative of {name}{culprits[0].place} is not, as at a kink: {meaning}"

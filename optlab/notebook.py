"""How a notebook shows the result of a single run."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optlab.core.problem import Array
    from optlab.core.status import Status

MOST = 6
"""Components of x that are shown."""
WORDS = {"f": "evaluations of f", "gradient": "gradients", "hessian": "Hessians", "hvp": "Hessian products",
         "constraint": "constraints", "jacobian": "Jacobians", "sample": "samples"}  # fmt: skip


class Shown(Protocol):
    """What is shown: the result of `optlab.minimize`."""

    @property
    def x(self) -> Array: ...
    @property
    def f(self) -> float: ...
    @property
    def status(self) -> Status: ...
    @property
    def message(self) -> str: ...
    @property
    def iterations(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def evaluations(self) -> Mapping[str, int]: ...


def result_table(result: Shown) -> str:
    """Return a small HTML table: how it ended, f, x, iterations, evaluations, seconds."""
    counts = ", ".join(f"{count} {WORDS.get(name, name)}" for name, count in result.evaluations.items() if count)
    color = "#00694a" if result.status.success else "#a63d00"
    rows: list[tuple[str, Any]] = [
        ("f", f"{result.f:.10g}"),
        ("x", _vector(result.x)),
        ("iterations", str(result.iterations)),
        ("evaluations", counts or "none"),
        ("seconds", f"{result.seconds:.3g}"),
    ]
    body = "".join(
        f'<tr><th style="text-align: left">{name}</th><td style="text-align: left">{escape(text)}</td></tr>'
        for name, text in rows
    )
    ending = f'<b style="color: {color}">{result.status.name}</b> {escape(result.message)}'
    return f"<p>{ending}</p><table><tbody>{body}</tbody></table>"


def _vector(x: Array) -> str:
    """The first components, and how many there are where that is not all."""
    shown = ", ".join(f"{value:.6g}" for value in x[:MOST])
    return f"({shown}, …), n = {x.size}" if x.size > MOST else f"({shown})"

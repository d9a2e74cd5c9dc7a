"""A run as plain data: what crosses process boundaries, and what its content key is made of."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Run:
    """One run as plain data: names and numbers, JSON-serializable.

    `problem` and `optimizer` hold the settings that were given; `spec` those of the defaults too. `candidates` are
    settings of the optimizer from which one is still to be chosen; a run that is carried out has none.
    """

    problem: dict[str, Any]
    optimizer: dict[str, Any]
    label: str
    start: dict[str, Any]
    seed: int
    stop: dict[str, Any]
    record: dict[str, Any]
    columns: list[Any]
    resolved: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    candidates: tuple[dict[str, Any], ...] = ()
    precision: str = "float64"

    def with_settings(self, settings: dict[str, Any], **changes: Any) -> Run:
        """Return the run with these settings of its optimizer, and nothing left to choose."""
        resolved = {**self.resolved, "optimizer": {**self.resolved.get("optimizer", self.optimizer), **settings}}
        if "columns" in changes:
            resolved["columns"] = changes["columns"]
        return replace(self, optimizer={**self.optimizer, **settings}, resolved=resolved, candidates=(), **changes)

    @property
    def start_label(self) -> str:
        """The start in words, for tables: standard, random 0, scaled 10, point [1, 2]."""
        kind = self.start["kind"]
        if kind in ("random", "training"):
            return f"{kind} {self.start['index']}"
        if kind == "scaled":
            return f"scaled {self.start['factor']:g}"
        return kind if kind == "standard" else f"point [{', '.join(f'{v:g}' for v in self.start['x'])}]"

    @property
    def problem_spec(self) -> dict[str, Any]:
        """The problem with all its settings, defaults included."""
        return self.resolved.get("problem", self.problem)  # type: ignore[no-any-return]

    @property
    def optimizer_spec(self) -> dict[str, Any]:
        """The optimizer with all its settings."""
        return self.resolved.get("optimizer", self.optimizer)  # type: ignore[no-any-return]

    @property
    def column_specs(self) -> list[Any]:
        """The columns with all their settings."""
        return self.resolved.get("columns", self.columns)  # type: ignore[no-any-return]

    @property
    def stream(self) -> int:
        """The seed of what a method draws on its way: by the axes repetition and start, and by the method's own names.

        The same for every optimizer, so that all see the same samples, and another for every start, so that starts
        are independent repetitions. From the standard start it is `seed`: then `optlab.minimize` repeats the run.
        """
        if self.start["kind"] == "standard":
            return self.seed
        axes = json.dumps([self.seed, self.start], sort_keys=True).encode()
        return int.from_bytes(hashlib.sha256(axes).digest()[:4], "little")

    def rest(self) -> dict[str, Any]:
        """Return what decides the run beside problem, optimizer, columns: start, seed, rules, recording, precision."""
        return {"start": self.start, "seed": self.seed, "stop": self.stop, "record": self.record,
                "precision": self.precision}  # fmt: skip

    def spec(self) -> dict[str, Any]:
        """Return everything that decides the run, defaults included and keys sorted; equal runs give equal text."""
        data: dict[str, Any] = {
            "problem": self.problem_spec, "optimizer": self.optimizer_spec, "columns": self.column_specs,
            "stream": self.stream, "label": self.label, "start_label": self.start_label, **self.rest(),
        }  # fmt: skip
        return _sorted(data)  # type: ignore[no-any-return]


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(v) for v in value] if isinstance(value, list) else value

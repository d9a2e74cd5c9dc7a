"""The code that repeats a run, in two lines, for the message of a check that failed."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optlab.checks.spy import Spy
from optlab.core.optimizer import Optimizer
from optlab.core.problem import ProblemBase
from optlab.core.stop import Stop
from optlab.core.transform import Wrapper


def snippet(problem: ProblemBase, optimizer: Optimizer, stop: Stop, start: Any = None) -> str:
    """Return imports in one line and the run in the other; what it needs is in `optlab.checks`."""
    names: dict[str, str] = {}
    task = _problem(problem, names)
    method = _optimizer(optimizer, names)
    begin = "" if start is None else f", start={np.asarray(start).tolist()!r}"
    ends = repr(stop)
    for name in ("Stationary", "Iterations", "Evaluations", "Seconds", "Either", "Both"):
        if name + "(" in ends:
            names[name] = "optlab.core.stop"
    by_module: dict[str, list[str]] = {}
    for name, module in names.items():
        by_module.setdefault(module, []).append(name)
    imports = [f"from {module} import {', '.join(sorted(found))}" for module, found in sorted(by_module.items())]
    run = f"for r in optlab.iterate({task}, {method}{begin}, stop={ends}): print(r.k, r.f, r.x, r.message)"
    return "\n".join(["; ".join(["import optlab", *imports]), run])


def _problem(problem: ProblemBase, names: dict[str, str]) -> str:
    code: str | None = problem.__dict__.get("code")
    if code is not None:
        names[code.split("(")[0]] = type(problem).__module__
        return code
    names[type(problem).__name__] = type(problem).__module__
    if isinstance(problem, Spy):
        return f"Spy({_problem(problem.problem, names)}, sign={problem.sign})"
    if isinstance(problem, Wrapper):
        del names[type(problem).__name__]
        names[type(problem.transform).__name__] = type(problem.transform).__module__
        return f"{problem.transform!r}.apply({_problem(problem.inner, names)})"
    return repr(problem).replace("=nan", "=float('nan')").replace("=inf", "=float('inf')")


def _optimizer(optimizer: Optimizer, names: dict[str, str]) -> str:
    cls = type(optimizer)
    try:
        default = repr(cls()) == repr(optimizer)
    except TypeError:
        default = False
    _need(cls() if default else optimizer, names, not default)
    return f"{cls.__name__}()" if default else repr(optimizer)


def _need(item: Any, names: dict[str, str], inside: bool = True) -> None:
    """Note where the class of a dataclass instance is imported from, and those of its fields."""
    if is_dataclass(item) and not isinstance(item, type):
        cls = type(item)
        module = cls.__module__
        names[cls.__name__] = Path(inspect.getfile(cls)).stem if module.startswith("optlab_plugin_") else module
        for part in fields(item) if inside else ():
            _need(getattr(item, part.name), names)

"""optlab: a laboratory for optimization algorithms.

Names are loaded when first used, so ``import optlab`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "api": (
        "check_optimizer",
        "check_problem",
        "check_set",
        "iterate",
        "kkt",
        "load",
        "map_runs",
        "minimize",
        "names",
        "optimizer",
        "problem",
        "run",
        "sensitivity",
    ),
    "comparison": ("compare",),
    "core.facts": ("Facts",),
    "core.problem": ("ProblemBase",),
    "core.samples": ("Samples",),
    "core.user_problem": ("Problem",),
    "core.oracle": ("Oracle",),
    "core.optimizer": ("Optimizer", "State"),
    "core.descent": ("DescentState", "LineSearchOptimizer"),
    "core.column": ("Column",),
    "core.plot": ("Plot",),
    "core.status": ("Halt", "InputError", "OptlabError", "Status"),
    "optimizers.foreign.foreign": ("Foreign",),
    "core.foreign": ("Ending", "ForeignOptimizer"),
    "proximal.base": ("Proximable",),
    "sets.base": ("ConvexSet",),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}
_MODULES = {"stop": "core.stop", "numerics": "numerics", "sets": "sets"}

__all__ = sorted([*_WHERE, *_MODULES])  # noqa: PLE0605  strings, from the table above


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _WHERE:
        found = getattr(import_module(f"optlab.{_WHERE[name]}"), name)
    elif name in _MODULES:
        found = import_module(f"optlab.{_MODULES[name]}")
    else:
        msg = f"module 'optlab' has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = found  # asked for once
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if TYPE_CHECKING:
    from optlab import numerics as numerics
    from optlab import sets as sets
    from optlab.api import check_optimizer as check_optimizer
    from optlab.api import check_problem as check_problem
    from optlab.api import check_set as check_set
    from optlab.api import iterate as iterate
    from optlab.api import kkt as kkt
    from optlab.api import load as load
    from optlab.api import map_runs as map_runs
    from optlab.api import minimize as minimize
    from optlab.api import names as names
    from optlab.api import optimizer as optimizer
    from optlab.api import problem as problem
    from optlab.api import run as run
    from optlab.api import sensitivity as sensitivity
    from optlab.comparison import compare as compare
    from optlab.core import stop as stop
    from optlab.core.column import Column as Column
    from optlab.core.descent import DescentState as DescentState
    from optlab.core.descent import LineSearchOptimizer as LineSearchOptimizer
    from optlab.core.facts import Facts as Facts
    from optlab.core.foreign import Ending as Ending
    from optlab.core.foreign import ForeignOptimizer as ForeignOptimizer
    from optlab.core.optimizer import Optimizer as Optimizer
    from optlab.core.optimizer import State as State
    from optlab.core.oracle import Oracle as Oracle
    from optlab.core.plot import Plot as Plot
    from optlab.core.problem import ProblemBase as ProblemBase
    from optlab.core.samples import Samples as Samples
    from optlab.core.status import Halt as Halt
    from optlab.core.status import InputError as InputError
    from optlab.core.status import OptlabError as OptlabError
    from optlab.core.status import Status as Status
    from optlab.core.user_problem import Problem as Problem
    from optlab.optimizers.foreign.foreign import Foreign as Foreign
    from optlab.proximal.base import Proximable as Proximable
    from optlab.sets.base import ConvexSet as ConvexSet

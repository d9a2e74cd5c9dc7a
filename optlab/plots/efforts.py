"""What effort is counted in: the words, and the numbers from the iterations table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from optlab.kernels.effort import gradient_equivalents
from optlab.plots.series import column

if TYPE_CHECKING:
    import pandas as pd

    from optlab.core.problem import Array, ProblemBase

Effort = Literal[
    "iterations", "f", "gradient", "hessian", "gradient_equivalents", "evaluations", "seconds",
    "f_evaluations", "gradient_evaluations",
]  # fmt: skip
WORDS = {
    "iterations": "iterations",
    "f": "evaluations of f",
    "gradient": "evaluations of the gradient",
    "hessian": "evaluations of the Hessian",
    "gradient_equivalents": "gradient equivalents (f ¼, gradient 1, Jacobian ⅝n, Hv 2½, Hessian 2½n)",
    "evaluations": "evaluations of any kind",
    "seconds": "seconds of the method's own time",
}
SHORT = WORDS | {"gradient_equivalents": "gradient equivalents"}
SYNONYMS = {"f_evaluations": "f", "gradient_evaluations": "gradient"}
COLUMNS = {"iterations": "k", "f": "n_f", "gradient": "n_gradient", "hessian": "n_hessian", "seconds": "seconds"}
PREFIX = "n_"


def effort(rows: pd.DataFrame, kind: str, problem: ProblemBase | None = None) -> Array:
    """Return the effort spent by every row, (K,); `problem` is needed for gradient equivalents."""
    kind = SYNONYMS.get(kind, kind)
    if kind in COLUMNS:
        return column(rows, COLUMNS[kind])
    counters = [str(name) for name in rows.columns if str(name).startswith(PREFIX)]
    counts = {name.removeprefix(PREFIX): np.nan_to_num(column(rows, name)) for name in counters}
    if kind == "evaluations":
        return np.asarray(sum(counts.values()), dtype=float)
    assert problem is not None
    terms = 1 if problem.samples is None else problem.samples.size
    return gradient_equivalents(counts, problem.n, terms)

"""Effort in one currency: what evaluations of every kind cost in gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
OF_F = 0.25
"""A gradient by the reverse mode costs at most four evaluations of f."""
OF_TANGENT = 0.625
"""A column of a Jacobian by the forward mode costs at most two and a half evaluations of f."""
OF_PRODUCT = 2.5
"""A product of the Hessian and a vector costs at most ten evaluations of f."""


def gradient_equivalents(counts: dict[str, Array], n: int, terms: int = 1) -> Array:
    """Return the sum of all counts, each weighed by what it costs in gradients.

    f and the constraint functions: ¼; a gradient: 1; a product with the Hessian: 2½; a Hessian: n products; a Jacobian:
    n columns of ⅝; a sample: one of `terms` terms of a gradient. Kinds that are not named in `counts` were not asked.

    Source: Griewank & Walther (2008), Evaluating derivatives, sections 3.3, 4.5 and 5.4 (bounds of the costs).
    """
    weights = {
        "f": OF_F, "constraint": OF_F, "gradient": 1.0, "sample": 1.0 / max(terms, 1),
        "jacobian": OF_TANGENT * n, "hvp": OF_PRODUCT, "hessian": OF_PRODUCT * n,
    }  # fmt: skip
    total = sum(weights[kind] * np.asarray(counts[kind], dtype=float) for kind in weights if kind in counts)
    return np.asarray(total, dtype=float)

"""Orders of summation, each in the type of its terms, with its bound on the error.

| sum | error at most, to first order in the unit roundoff u | source |
|---|---|---|
| one after the other | (n − 1) u Σ|xᵢ| | Higham (2002), equation 4.4 |
| by pairs | ⌈log₂ n⌉ u Σ|xᵢ| | Higham (2002), equation 4.6 |
| Kahan | 2u Σ|xᵢ| | Kahan (1965); Higham (2002), equation 4.8 |
| Neumaier | u |Σxᵢ| + n² u² Σ|xᵢ| | Neumaier (1974); Ogita, Rump & Oishi (2005), corollary 4.7 |

All take an array of at least one axis and add along its last; no floating-point warning is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import ceil, log2
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.status import InputError

if TYPE_CHECKING:
    import pandas as pd


def naive_sum(x: Any) -> Any:
    """((x₁ + x₂) + x₃) + …, each partial sum rounded to the type of x.

    >>> float(naive_sum([0.1, 0.2, 0.3])), float(naive_sum([0.3, 0.2, 0.1]))
    (0.6000000000000001, 0.6)
    """
    a = _terms(x)
    with np.errstate(all="ignore"):
        return np.add.accumulate(a, axis=-1)[..., -1] if a.shape[-1] else a.sum(axis=-1)


def pairwise_sum(x: Any) -> Any:
    """The sum of the sums of the two halves, and so on down to single terms.

    >>> float(pairwise_sum(np.full(10, 0.1)))
    1.0
    """
    a = _terms(x)
    if not a.shape[-1]:
        return a.sum(axis=-1)
    with np.errstate(all="ignore"):
        while a.shape[-1] > 1:
            even = a.shape[-1] // 2 * 2
            a = np.concatenate([a[..., 0:even:2] + a[..., 1:even:2], a[..., even:]], axis=-1)
    return a[..., 0]


def kahan_sum(x: Any) -> Any:
    """One after the other, what each addition lost being added to the next term.

    >>> float(kahan_sum(np.full(10, 0.1))), float(naive_sum(np.full(10, 0.1)))
    (1.0, 0.9999999999999999)
    """
    a = _terms(x)
    total = lost = np.zeros(a.shape[:-1], a.dtype)[()]
    with np.errstate(all="ignore"):
        for i in range(a.shape[-1]):
            term = a[..., i] - lost
            new = total + term
            lost = (new - total) - term
            total = new
    return total


def neumaier_sum(x: Any) -> Any:
    """One after the other, what each addition lost being collected and added at the end.

    It survives terms larger than the sum so far, where Kahan's loses what it kept.

    >>> terms = [1.0, 1e100, 1.0, -1e100]
    >>> float(neumaier_sum(terms)), float(kahan_sum(terms))
    (2.0, 0.0)
    """
    a = _terms(x)
    total = lost = np.zeros(a.shape[:-1], a.dtype)[()]
    with np.errstate(all="ignore"):
        for i in range(a.shape[-1]):
            term = a[..., i]
            new = total + term
            lost = lost + np.where(np.abs(total) >= np.abs(term), (total - new) + term, (term - new) + total)
            total = new
        return np.where(np.isfinite(total), total + lost, total)[()]


def _terms(x: Any) -> Any:
    a = np.asarray(x)
    if not a.ndim:
        msg = f"the terms of a sum must be an array, given the number {x}"
        raise InputError(msg)
    return a if a.dtype.kind == "f" else a.astype(float)


Sum = Callable[[Any], Any]
BOUNDS: dict[Sum, Callable[[int, float, float, float], float]] = {
    naive_sum: lambda n, u, _total, size: (n - 1) * u * size,
    pairwise_sum: lambda n, u, _total, size: ceil(log2(n)) * u * size,
    kahan_sum: lambda n, u, _total, size: (2 * u + n * u * u) * size,
    neumaier_sum: lambda n, u, total, size: u * total + n * n * u * u * size,
}
"""Sum → its bound, from n, u, |Σx| and Σ|x|."""


def sum_bound(method: Sum, x: Any) -> float:
    """Return the bound on |computed − exact| for one of the sums and the terms x, of one axis.

    Raises
    ------
    InputError
        For a function that is none of the four.
    """
    if method not in BOUNDS:
        known = ", ".join(f.__name__ for f in BOUNDS)
        msg = f"there is a bound for {known}, given {getattr(method, '__name__', method)}"
        raise InputError(msg)
    a = _terms(x)
    if not a.size:
        return 0.0
    exact = [Fraction(float(v)) for v in a]
    u = float(np.finfo(a.dtype).eps) / 2
    return BOUNDS[method](a.size, u, float(abs(sum(exact))), float(sum(map(abs, exact))))


def sums_table(x: Any, dtypes: Iterable[Any] = ("float16", "float32", "float64")) -> pd.DataFrame:
    """Return how far each sum is from the exact sum of the terms as each type holds them.

    Returns
    -------
    DataFrame
        A row for each sum and type: sum, dtype, value, exact, error (absolute), bound. Where the type overflows,
        the value is not finite, the error ∞.
    """
    import pandas as pd

    rows = []
    for dtype in dtypes:
        with np.errstate(all="ignore"):
            a = np.asarray(x, dtype=float).ravel().astype(dtype)
        if not np.isfinite(a).all():
            msg = f"the terms must be finite in {a.dtype}, the largest is {np.abs(np.asarray(x)).max()}"
            raise InputError(msg)
        exact = sum((Fraction(float(v)) for v in a), Fraction(0))
        for method in BOUNDS:
            value = float(method(a))
            error = float(abs(Fraction(value) - exact)) if np.isfinite(value) else float("inf")
            rows.append(
                {
                    "sum": method.__name__,
                    "dtype": a.dtype.name,
                    "value": value,
                    "exact": float(exact),
                    "error": error,
                    "bound": sum_bound(method, a),
                }
            )
    return pd.DataFrame(rows)

"""Tables of what floating-point types do: their facts, what casts and operations at the edge give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.numerics.floating_point import TYPES, cast, flags, float_facts, float_type
from optlab.numerics.lost_digits import loss_cap

if TYPE_CHECKING:
    import pandas as pd


def dtypes_table(dtypes: Iterable[Any] = TYPES) -> pd.DataFrame:
    """Return a row of `FloatFacts` for each type, but the spacing at its largest number in place of `overflow_from`.

    The column loss_cap is −ln eps, beyond which a loss cannot grow that adds the type's eps to a probability.
    """
    import pandas as pd

    facts = [float_facts(dtype) for dtype in dtypes]
    rows = [asdict(fact) | {"loss_cap": loss_cap(fact.eps, fact.dtype)} for fact in facts]
    for row in rows:
        row["spacing_at_max"] = 2.0 * (row.pop("overflow_from") - int(row["max"]))
    return pd.DataFrame(rows)


def overflow_table(values: Iterable[float], dtypes: Iterable[Any] = TYPES) -> pd.DataFrame:
    """Return what numbers become in each type: columns value, dtype, cast, flags; a row for each pair."""
    import pandas as pd

    values = list(values)
    found = [(value, float_type(dtype).name, cast(value, dtype)) for dtype in dtypes for value in values]
    return pd.DataFrame(
        [{"value": v, "dtype": name, "cast": float(c.value), "flags": ", ".join(c.flags)} for v, name, c in found]
    )


SPECIAL: tuple[tuple[str, Callable[..., Any], tuple[float, ...]], ...] = (
    ("log(0)", np.log, (0.0,)),
    ("1 / 0", np.divide, (1.0, 0.0)),
    ("-1 / 0", np.divide, (-1.0, 0.0)),
    ("0 / 0", np.divide, (0.0, 0.0)),
    ("inf / inf", np.divide, (np.inf, np.inf)),
    ("inf - inf", np.subtract, (np.inf, np.inf)),
    ("0 * inf", np.multiply, (0.0, np.inf)),
    ("log(-1)", np.log, (-1.0,)),
    ("sqrt(-1)", np.sqrt, (-1.0,)),
    ("exp(1000)", np.exp, (1000.0,)),
    ("exp(-1000)", np.exp, (-1000.0,)),
)
"""Operation in words, function, arguments."""


def special_values_table(dtypes: Iterable[Any] = TYPES) -> pd.DataFrame:
    """Return what operations at the edge give: columns operation, dtype, value, flags.

    Only 0/0, ∞/∞, ∞ − ∞, 0 · ∞ and functions outside their domain are NaN ("invalid"); a number over 0 and ln 0 are
    infinite and raise "divide by zero", which is not "overflow".

    Source: IEEE 754-2019, section 7.
    """
    import pandas as pd

    kinds = [float_type(dtype) for dtype in dtypes]
    found = [(word, k.name, flags(f, *(k.type(a) for a in args))) for k in kinds for word, f, args in SPECIAL]
    return pd.DataFrame(
        [{"operation": word, "dtype": k, "value": float(c.value), "flags": ", ".join(c.flags)} for word, k, c in found]
    )

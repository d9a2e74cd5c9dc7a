"""The error of formulas against 60 digits, at many points and in several types.

Needs the package mpmath.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.status import InputError, OptlabError, nearest
from optlab.numerics.floating_point import TYPES
from optlab.numerics.quantities import QUANTITIES, Formula, Quantity

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 60
POINTS = 201
SPAN = 1.25
"""Points reach from −s to s with s = 1.25 ln(2/eps): past where 1 + e⁻ˣ rounds to 1."""
MISSING = "a comparison with high precision needs the package mpmath: pip install mpmath"


def formulas(quantity: str = "") -> dict[str, tuple[str, ...]]:
    """Return the names of the formulas of each quantity that can be compared, or of one."""
    chosen = [quantity] if quantity else list(QUANTITIES)
    return {name: tuple(_quantity(name).formulas) for name in chosen}


def compare(
    what: str | Iterable[str | tuple[str, Formula]] | Mapping[str, Formula],
    dtypes: Iterable[Any] = TYPES,
    points: Any = None,
    quantity: str | Quantity = "",
    **settings: float,
) -> pd.DataFrame:
    """Return the error of formulas at points x, each evaluated in each type at x as the type holds it.

    Parameters
    ----------
    what : str, or names and pairs
        A quantity, "binary_cross_entropy" for all its formulas; or names of formulas of `quantity`, and pairs
        (label, function) or a mapping of your own functions, compared with that quantity.
    dtypes : types
    points : array, optional
        Values of x; for each type from −s to s, s = 1.25 ln(2/eps), unless given. What a type does not hold is left
        out.
    quantity : str or Quantity
        What is computed, where `what` is not its name; a `Quantity` of your own has a reference in mpmath.
    settings : numbers
        Passed to the formulas and the reference: the target y of a loss, 0 unless given.

    Returns
    -------
    DataFrame
        A row for each formula, type and x: quantity, formula, dtype, x, value, reference, relative_error (∞ where the
        value is not a number of the type), ulps (the error in units in the last place of the reference), normal
        (whether the reference is a normal number of the type: below, few digits are left to any formula).

    Raises
    ------
    InputError
        For an unknown quantity or formula.
    OptlabError
        Where mpmath is not installed.

    Source: Higham (2002), section 1.2 (relative error); Muller et al. (2018), section 2.3.2 (ulp).
    """
    import pandas as pd

    asked, chosen = _chosen(what, quantity)
    settings = _all(asked, settings)
    frames = []
    for dtype in dtypes:
        kind = np.dtype(dtype)
        with np.errstate(all="ignore"):
            x = np.unique((_default(kind) if points is None else np.asarray(points, dtype=float).ravel()).astype(kind))
        x = x[np.isfinite(x)]
        right = reference(asked, x, **settings)
        for label, formula in chosen.items():
            with np.errstate(all="ignore"):
                value = np.array([formula(v, *settings.values()) for v in x], dtype=kind)
            frames.append(_errors(value, right, x).assign(quantity=asked.name, formula=label, dtype=kind.name))
    table = pd.concat(frames, ignore_index=True)
    return table[["quantity", "formula", "dtype", *(c for c in table if c not in ("quantity", "formula", "dtype"))]]


def reference(quantity: str | Quantity, x: Any, **settings: float) -> list[Any]:
    """Return a quantity at each number of x to 60 digits, as numbers of mpmath.

    Raises
    ------
    OptlabError
        Where mpmath is not installed.
    """
    try:
        import mpmath
    except ImportError:
        raise OptlabError(MISSING) from None
    asked = quantity if isinstance(quantity, Quantity) else _quantity(quantity)
    settings = _all(asked, settings)
    with mpmath.workdps(DIGITS):
        exact = [mpmath.mpf(float(value)) for value in settings.values()]
        return [asked.reference(mpmath, mpmath.mpf(float(v)), *exact) for v in np.ravel(x)]


def _all(asked: Quantity, given: dict[str, float]) -> dict[str, float]:
    """Return the settings of a quantity, in its order, those given in place of the usual ones."""
    for name in given:
        if name not in asked.settings:
            known = ", ".join(asked.settings) or "none"
            msg = f"unknown setting {name!r} of {asked.name}, known are {known}{nearest(name, asked.settings)}"
            raise InputError(msg)
    return {**asked.settings, **given}


def _quantity(name: str) -> Quantity:
    if name not in QUANTITIES:
        msg = f"unknown quantity {name!r}, known are {', '.join(QUANTITIES)}{nearest(name, QUANTITIES)}"
        raise InputError(msg)
    return QUANTITIES[name]


def _chosen(what: Any, quantity: str | Quantity) -> tuple[Quantity, dict[str, Formula]]:
    if isinstance(what, str) and not quantity:
        asked = _quantity(what)
        return asked, dict(asked.formulas)
    asked = quantity if isinstance(quantity, Quantity) else _quantity(quantity)
    parts = [what] if isinstance(what, str) else what.items() if isinstance(what, Mapping) else what
    chosen: dict[str, Formula] = {}
    for part in parts:
        if not isinstance(part, str):
            chosen[part[0]] = part[1]
        elif part in asked.formulas:
            chosen[part] = asked.formulas[part]
        else:
            msg = f"unknown formula {part!r} of {asked.name}, known are {', '.join(asked.formulas)}"
            raise InputError(msg + nearest(part, asked.formulas))
    return asked, chosen


def _default(kind: np.dtype[Any]) -> Any:
    span = SPAN * np.log(2 / float(np.finfo(kind).eps))
    return np.linspace(-span, span, POINTS)


def _errors(value: Any, right: list[Any], x: Any) -> pd.DataFrame:
    import mpmath
    import pandas as pd

    info = np.finfo(value.dtype)
    relative, units, normal = [], [], []
    with mpmath.workdps(DIGITS):
        for v, r in zip(value, right, strict=True):
            size = abs(r)
            normal.append(bool(float(info.tiny) <= size <= float(info.max)))
            if not np.isfinite(v):
                same = not normal[-1] and size > float(info.max) and v == np.sign(r) * np.inf
                relative.append(0.0 if same else np.inf)
                units.append(relative[-1])
                continue
            error = abs(mpmath.mpf(float(v)) - r)
            relative.append(float(error / size) if r else float(error))
            units.append(float(error / _spacing(size, info)))
    columns = {"x": x.astype(float), "value": value.astype(float), "reference": [float(r) for r in right]}
    return pd.DataFrame({**columns, "relative_error": relative, "ulps": units, "normal": normal})


def _spacing(size: Any, info: Any) -> Any:
    """The spacing of a type just above a number of mpmath, whether the type holds it or not."""
    import mpmath

    exponent = mpmath.frexp(size)[1] - 1 if size else info.minexp
    return mpmath.mpf(2) ** (max(int(exponent), int(info.minexp)) - int(info.nmant))

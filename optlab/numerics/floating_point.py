"""Facts of floating-point types, measured or computed exactly: ranges, spacing, thresholds, casts, special values.

A type is anything NumPy takes for one: "float16", np.float32, float.

Source: IEEE 754-2019; Goldberg (1991), What every computer scientist should know about floating-point arithmetic;
Higham (2002), Accuracy and Stability of Numerical Algorithms, chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from optlab.core.status import InputError

TYPES = ("float16", "float32", "float64")
FLAGS = {
    "overflow": "overflow",
    "underflow": "underflow",
    "invalid value": "invalid",
    "divide by zero": "divide by zero",
}
"""NumPy's word for a flag → ours."""


@dataclass(frozen=True)
class FloatFacts:
    """What a binary floating-point type can hold.

    Attributes
    ----------
    dtype, bits, digits : its name, its bits, the bits p of its significand (the hidden one included)
    eps : the spacing at 1, 2^(1−p); `unit_roundoff` is half of it, the largest relative error of rounding
    max, tiny, smallest : the largest number; the smallest normal and the smallest subnormal one
    overflow_from : the smallest whole number that rounds to ∞, max + ulp(max)/2, exact
    consecutive : the largest n such that all whole numbers up to n are exact, 2^p
    exp_lowest, exp_highest : the smallest x of the type with e^x > 0, the largest with e^x finite
    """

    dtype: str
    bits: int
    digits: int
    eps: float
    unit_roundoff: float
    max: float
    tiny: float
    smallest: float
    overflow_from: int
    consecutive: int
    exp_lowest: float
    exp_highest: float


def float_facts(dtype: Any) -> FloatFacts:
    """Return the facts of a type.

    Raises
    ------
    InputError
        For a type that is not float16, float32 or float64.

    >>> float_facts("float16").max, float_facts("float16").overflow_from
    (65504.0, 65520)
    """
    kind = float_type(dtype)
    info = np.finfo(kind)
    lowest, highest = exp_range(kind)
    top = int(info.max)
    return FloatFacts(
        dtype=kind.name,
        bits=int(info.bits),
        digits=int(info.nmant) + 1,
        eps=float(info.eps),
        unit_roundoff=float(info.eps) / 2,
        max=float(info.max),
        tiny=float(info.tiny),
        smallest=float(info.smallest_subnormal),
        overflow_from=top + (top & -top) // 2,
        consecutive=2 ** (int(info.nmant) + 1),
        exp_lowest=lowest,
        exp_highest=highest,
    )


def float_type(dtype: Any) -> np.dtype[Any]:
    """Return a type of NumPy; InputError unless it is one of `TYPES`."""
    try:
        kind: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        kind = np.dtype(object)
    if kind.name not in TYPES:
        msg = f"a floating-point type must be one of {', '.join(TYPES)}, given {dtype!r}"
        raise InputError(msg)
    return kind


def exp_range(dtype: Any) -> tuple[float, float]:
    """Return the smallest x of a type with e^x > 0 and the largest with e^x finite, as NumPy evaluates e^x in it.

    >>> exp_range("float16")
    (-17.328125, 11.0859375)
    """
    kind = float_type(dtype)
    least, largest = np.log(2.0) * np.array([np.finfo(kind).minexp - np.finfo(kind).nmant, np.finfo(kind).maxexp])
    with np.errstate(all="ignore"):
        low = _last(kind.type(least / 2), kind.type(2 * least), lambda x: bool(np.exp(x) > 0))
        high = _last(kind.type(largest / 2), kind.type(2 * largest), lambda x: bool(np.isfinite(np.exp(x))))
    return low, high


def _last(inside: Any, outside: Any, holds: Callable[[Any], bool]) -> float:
    """Return the last number of a type, going from `inside` to `outside`, at which something holds; by bisection."""
    while True:
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            return float(inside)
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)


def ulp(x: Any, dtype: Any = None) -> Any:
    """The spacing of numbers just above |x|, in the type of x or in another; the shape of x. NaN where not finite.

    >>> float(ulp(1.0)), float(ulp(65504, "float16"))
    (2.220446049250313e-16, 32.0)
    """
    a = np.asarray(x) if dtype is None else np.asarray(x).astype(float_type(dtype))
    a = a if a.dtype.kind == "f" else a.astype(float)
    info = np.finfo(a.dtype)
    with np.errstate(all="ignore"):
        exponent = np.where(a == 0, info.minexp, np.maximum(np.frexp(a)[1] - 1, info.minexp)) - info.nmant
        return np.where(np.isfinite(a), np.ldexp(a.dtype.type(1), exponent), a.dtype.type(np.nan))[()]


class Flagged(NamedTuple):
    """A value and the floating-point flags raised on the way, of `FLAGS` in that order."""

    value: Any
    flags: tuple[str, ...]


def flags(function: Callable[..., Any], *args: Any) -> Flagged:
    """Evaluate a function of arrays and return its value with the flags that NumPy raised.

    >>> flags(np.log, np.float64(0.0))
    Flagged(value=np.float64(-inf), flags=('divide by zero',))
    """
    raised: set[str] = set()
    with np.errstate(all="call", call=lambda kind, _code: raised.add(kind)):
        value = function(*args)
    return Flagged(value, tuple(flag for word, flag in FLAGS.items() if word in raised))


def cast(values: Any, dtype: Any) -> Flagged:
    """Return values of float64 rounded to a type, with the flags raised: "overflow" where a finite one became ∞.

    >>> cast(65519.99, "float16"), cast(65520.0, "float16")
    (Flagged(value=np.float16(6.55e+04), flags=()), Flagged(value=np.float16(inf), flags=('overflow',)))
    """
    a, kind = np.asarray(values, dtype=float), float_type(dtype)
    return flags(lambda: a.astype(kind)[()])

"""Where digits go: cancellation, and an ε that is too small for its type.

Source: Higham (2002), Accuracy and Stability of Numerical Algorithms, section 1.7; Sterbenz (1974), Floating-Point
Computation.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from optlab.core.status import InputError
from optlab.numerics.floating_point import float_type


class Cancellation(NamedTuple):
    """A subtraction of two decimal numbers in a type.

    Attributes
    ----------
    computed : what the type gives
    exact : the difference of the decimal numbers
    of_rounded : the exact difference of the two numbers after rounding to the type
    relative_error : of `computed`, against `exact`
    subtraction_error : of `computed`, against `of_rounded`: 0 where one is at most twice the other (Sterbenz)
    """

    computed: float
    exact: Fraction
    of_rounded: Fraction
    relative_error: float
    subtraction_error: float


def cancellation(a: str, b: str, dtype: Any = "float64") -> Cancellation:
    """Subtract b from a, decimal numbers as text, and say how much of the error was there before the subtraction.

    Source: Sterbenz (1974); Higham (2002), theorem 2.5.

    Raises
    ------
    InputError
        For text that is no number, and for numbers that the type does not hold.

    >>> found = cancellation("1", "0.9999999999999999")
    >>> found.computed == 2**-53, found.subtraction_error, round(found.relative_error, 2)
    (True, 0.0, 0.11)
    """
    kind = float_type(dtype)
    try:
        exact = Fraction(a) - Fraction(b)
    except ValueError:
        msg = f"what is subtracted must be decimal numbers as text, given {a!r} and {b!r}"
        raise InputError(msg) from None
    with np.errstate(all="ignore"):
        left, right = (kind.type(float(text)) for text in (a, b))
        computed = float(left - right)
    if not np.isfinite([float(left), float(right), computed]).all():
        msg = f"the numbers and their difference must be finite in {kind.name}, given {a} and {b}"
        raise InputError(msg)
    of_rounded = Fraction(float(left)) - Fraction(float(right))
    return Cancellation(computed, exact, of_rounded, _error(computed, exact), _error(computed, of_rounded))


def _error(value: float, right: Fraction) -> float:
    return float(abs((Fraction(value) - right) / right)) if right else float(value != 0)


def effective_epsilon(eps: float, dtype: Any, beside: float = 0.0) -> float:
    """What is left of ε in a type: (b + ε) − b for what it is added to; 0 where it does nothing at all.

    >>> effective_epsilon(1e-8, "float16"), effective_epsilon(1e-8, "float32", beside=1.0)
    (0.0, 0.0)
    """
    kind = float_type(dtype)
    with np.errstate(all="ignore"):
        b = kind.type(beside)
        return float((b + kind.type(eps)) - b)


def loss_cap(eps: float, dtype: Any = "float64") -> float:
    """The largest value that −ln(p + ε) takes for a probability p ≥ 0 in a type; ∞ where ε rounds to 0.

    >>> round(loss_cap(1e-8), 2), loss_cap(1e-8, "float16")
    (18.42, inf)
    """
    kind = float_type(dtype)
    with np.errstate(all="ignore"):
        return float(-np.log(kind.type(0) + kind.type(eps)))

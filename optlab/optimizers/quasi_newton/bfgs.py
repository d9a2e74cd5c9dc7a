"""BFGS with a dense inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.kernels.quasi_newton import bfgs_update
from optlab.optimizers._quasi_newton import DenseQuasiNewton


@dataclass(frozen=True)
class BFGS(DenseQuasiNewton):
    """Quasi-Newton with Broyden, Fletcher, Goldfarb and Shanno's update of the inverse Hessian.

    Two products with H and a rank-two update: nothing costs more than n² operations. A pair whose curvature is
    not above rounding is left out. The memory is H, its upper triangle packed in n(n + 1)/2 numbers.
    Of the first matrices that were tried on the catalogue, I and 1, 2, 4 and 10 times equation 6.20, the scaled one
    solves most problems; I takes a fifth more calls.
    Source: Nocedal & Wright (2006), algorithm 6.1 and equations 6.17, 6.20.

    Parameters
    ----------
    scale : bool or float
        Whether the first update starts from (sᵀy/yᵀy) I instead of I; a number multiplies that.
    """

    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous", "quasi_newton")

    update = staticmethod(bfgs_update)

"""Linear models of two classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array
from optlab.core.status import InputError
from optlab_problems.ml.data import blobs, raw, table
from optlab_problems.ml.linear_model import LinearModel

TwoClasses = Literal["breast_cancer", "wine", "iris", "digits", "synthetic"]


def signed_table(
    data: str, features: int, m: int, positive: int, separation: float, standardize: bool, seed: int
) -> tuple[Array, Array]:
    """Return features (m, features) and y of ±1 (m,): +1 for the class `positive`, −1 for all others.

    m = 0 takes all rows of a data set.

    Raises
    ------
    InputError
        For a class that there is not, or where too few rows leave one side empty.
    """
    if data == "synthetic":
        X, labels = blobs(features, m, 2, separation, seed)
        classes = 2
    else:
        X, labels = table(data, features, m or None, standardize)
        classes = int(raw(data)[1].max()) + 1
    if positive >= classes:
        msg = f"{data} has {classes} classes: positive must be from 0 to {classes - 1}, given {positive}"
        raise InputError(msg)
    y = np.where(labels == positive, 1.0, -1.0)
    if np.all(y == y[0]):
        msg = f"{data}: with m = {len(y)} rows all are on one side of class {positive}; choose a larger m"
        raise InputError(msg)
    return X, y


@dataclass(frozen=True)
class BinaryModel(LinearModel):
    """A linear model of y = ±1; the base of `logistic_regression` and `smoothed_hinge_svm`.

    Attributes
    ----------
    data : str
        "breast_cancer", "wine", "iris" or "digits" (they need scikit-learn), or "synthetic": normal points around
        two centers.
    positive : int
        The class whose y is 1; all others have −1.
    standardize : bool
        Whether the features of a data set are scaled to mean 0 and variance 1; raw ones are badly scaled.
    separation : float
        Standard deviation of synthetic centers, in those of the points around them.

    `LinearModel` describes n, m, intercept, penalty and seed.
    """

    abstract: ClassVar[bool] = True

    data: TwoClasses = "breast_cancer"
    positive: Annotated[int, Ge(0)] = 0
    standardize: bool = True
    separation: Annotated[float, Ge(0)] = 1.0

    def table(self, features: int) -> tuple[Array, Array]:
        m = self.rows if self.data == "synthetic" else self.m or 0
        return signed_table(self.data, features, m, self.positive, self.separation, self.standardize, self.seed)

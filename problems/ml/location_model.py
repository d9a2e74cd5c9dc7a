"""Linear models of a number, some of whose values may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from optlab.core.problem import Array
from optlab_problems.ml.data import contaminated, standardized, table
from optlab_problems.ml.linear_model import LinearModel


@dataclass(frozen=True)
class LocationModel(LinearModel):
    """A linear model whose loss is one of the residual z − y; the base of the robust regressions.

    Attributes
    ----------
    data : str
        "diabetes": features and y scaled to mean 0 and variance 1 (needs scikit-learn). "synthetic": normal
        features, true weights ±1 and an intercept of 0; some y are wrong, all to one side.
    noise, outliers : float
        Of synthetic data: standard deviation of the noise in y, and the part of the rows whose y is 10 to 20 too
        large.

    `LinearModel` describes n, m, intercept, penalty and seed.
    """

    abstract: ClassVar[bool] = True
    suites = ("ml", "regression")

    penalty: Annotated[float, Ge(0)] = 0.0
    data: Literal["diabetes", "synthetic"] = "diabetes"
    noise: Annotated[float, Ge(0)] = 0.5
    outliers: Annotated[float, Ge(0), Le(1)] = 0.1

    def table(self, features: int) -> tuple[Array, Array]:
        X: Array
        y: Array
        if self.data == "synthetic":
            X, y = contaminated(features, self.rows, self.noise, self.outliers, self.seed)
        else:
            X, y = table(self.data, features, self.m)
            y = standardized(y)
        return X, y

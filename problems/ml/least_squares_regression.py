"""Linear least squares, without a penalty."""

from __future__ import annotations

from dataclasses import dataclass

from optlab.core.problem import Facts
from optlab_problems.ml.squared_loss import Regression


@dataclass(frozen=True)
class LeastSquaresRegression(Regression):
    """‖Xw − y‖²: linear regression, solved in closed form by the singular values of X.

    It teaches that κ(X)² is the condition number that gradient methods meet: two of the blood serum columns of the
    diabetes data are nearly dependent, and κ of the Hessian is 470 there. With more columns than rows
    (data = "sparse") there are many solutions, and x* is the shortest.

    `Regression` describes data, n, m, condition, noise, seed, nonzero and correlation.

    Source: Golub & Van Loan (2013), section 5.5; data: Efron et al. (2004).
    """

    variants = (
        {"n": 4, "m": 60},
        {"data": "synthetic", "n": 5, "condition": 1e3},
        {"data": "sparse", "n": 12, "m": 24},
    )

    def facts(self) -> Facts:
        w = self.solve(0.0)
        return Facts(
            solution=w,
            optimum=float(self.value(w)),
            certificate="convex, KKT at x*",
            convex=True,
            curvature=self._curvature(),
        )

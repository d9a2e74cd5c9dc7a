"""The problems."""

import numpy as np


class Bowl:
    """The quadratic with κ = 5."""

    start = np.array([1.2, -0.8]) / np.sqrt(2.0)
    H = np.array([[3.0, 2.0], [2.0, 3.0]])

    def f(self, x):
        return 0.5 * x @ self.H @ x

    def g(self, x):
        return self.H @ x

    def hessian(self, x):
        return self.H

    def project(self, x):
        return x


class Valley(Bowl):
    """Rosenbrock's valley."""

    start = np.array([-1.2, 1.0])

    def f(self, x):
        return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2

    def g(self, x):
        t = x[1] - x[0] ** 2
        return np.array([-400 * x[0] * t - 2 * (1 - x[0]), 200 * t])

    def hessian(self, x):
        return np.array([[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]], [-400 * x[0], 200.0]])

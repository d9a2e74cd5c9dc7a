"""Gradient descent and Newton's method, by hand."""

import numpy as np
from benchopt import BaseSolver


class Solver(BaseSolver):
    """A step rule, followed until benchopt has seen enough."""

    name = "descent"
    parameters = {"rule": ["GD 0.001", "optimal", "newton"]}
    sampling_strategy = "callback"

    def set_objective(self, problem):
        self.p, self.x = problem, problem.start

    def run(self, callback):
        x = self.p.start
        self.x = x
        while callback():
            g = self.p.g(x)
            if self.rule == "newton":
                d, alpha = -np.linalg.solve(self.p.hessian(x), g), 1.0
                while self.p.f(x + alpha * d) > self.p.f(x) + 1e-4 * alpha * g @ d and alpha > 1e-16:
                    alpha /= 2
                x = x + alpha * d
            else:
                curvature = g @ self.p.hessian(x) @ g
                x = x - (1e-3 if self.rule != "optimal" or curvature <= 0 else g @ g / curvature) * g
            self.x = x

    def get_result(self):
        return {"x": self.x}

"""BFGS and L-BFGS-B of scipy."""

from benchopt import BaseSolver
from scipy.optimize import minimize


class Solver(BaseSolver):
    """A method of scipy, stopped after so many iterations."""

    name = "scipy"
    parameters = {"method": ["BFGS", "L-BFGS-B"]}
    sampling_strategy = "iteration"

    def set_objective(self, problem):
        self.p = problem

    def run(self, n_iter):
        p = self.p
        self.x = p.start if n_iter == 0 else minimize(
            p.f, p.start, jac=p.g, method=self.method, options={"maxiter": n_iter, "gtol": 1e-8}
        ).x  # fmt: skip

    def get_result(self):
        return {"x": self.x}

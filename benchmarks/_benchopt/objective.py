"""The quickstart's problems as a benchmark of benchopt: f and its stationarity at every iterate."""

import numpy as np
from benchopt import BaseObjective


class Objective(BaseObjective):
    """f of a problem that a dataset brings along."""

    name = "quickstart"
    min_benchopt_version = "1.8"
    url = "none"

    def set_data(self, problem):
        self.problem = problem

    def evaluate_result(self, x):
        p = self.problem
        away = p.project(x - p.g(x))
        return {"value": float(p.f(x)), "stationarity": float(np.abs(x - away).max())}

    def get_one_result(self):
        return {"x": self.problem.start}

    def get_objective(self):
        return {"problem": self.problem}

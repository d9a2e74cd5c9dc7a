"""What a run claims, recomputed by the side that did not run it: f, stationarity and feasibility at its last point.

The loop has checked a claim of convergence already, in the process of the optimizer. This is the same check where the
optimizer's code never ran: on the uncounted problem, built anew, at the point that is in the tables. f is recomputed in
the precision of the run; what is stationary and feasible is judged in double.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core import kkt
from optlab.core.precision import in_precision
from optlab.core.status import Status, worded
from optlab.surroundings import surroundings
from optlab.work import Finished, catalogue, make_start

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase

F_RTOL = 1e-6
"""How far f may be from its recomputed value, relative to the larger of |f| at the start and at the end."""
LENIENT = 10.0
"""Stationarity may exceed the tolerance by this factor, as in the loop: multipliers are recovered, not the method's."""
KEPT = 4
"""How many problems are kept built; runs of one problem mostly come together."""


class Verifier:
    """Recomputes the claims of runs."""

    def __init__(self, plugins: tuple[str, ...] = ()) -> None:
        self.plugins = plugins
        self._built: dict[str, tuple[ProblemBase, float]] = {}

    def check(self, finished: Finished, spec: Mapping[str, Any]) -> None:
        """Put a run that says CONVERGED, and is not, down as STALLED; what it claimed stays in `claimed_status`."""
        if finished.row["status"] != Status.CONVERGED.name:
            return
        try:
            plugins = catalogue(self.plugins).plugins_of(spec["problem"])
            with surroundings(plugins, spec["seed"]), np.errstate(all="ignore"):
                why = self._refuted(finished, spec)
        except (Exception, SystemExit) as error:  # the problem's
            why = f"it cannot be checked: {worded(error)}"
        if why:
            finished.row["status"] = Status.STALLED.name
            finished.row["claimed_status"] = Status.CONVERGED.name
            finished.row["message"] = f"the claim of convergence does not hold: {why}"

    def _refuted(self, finished: Finished, spec: Mapping[str, Any]) -> str:
        """Return why the last point is not what the run says of it, or an empty string."""
        problem, scale = self._problem(spec["problem"])
        f, rows = finished.iterations.get("f", ()), finished.rows
        if not len(rows) or rows[-1] != len(f) - 1:
            return "its last point is not recorded"
        x = np.asarray(finished.points[-1], dtype=float)
        if x.shape != (problem.n,) or not np.isfinite(x).all():
            return f"its last point is no finite vector of dimension {problem.n}"
        precision = spec.get("precision", "float64")
        said = float(finished.row["f"])
        value = float(in_precision(problem, precision).objective(x.astype(precision)))
        size = max((abs(v) for v in (float(f[0]), said, value) if isfinite(v)), default=0.0)
        if not abs(said - value) <= F_RTOL * size:
            return f"f is {value:.8g} at its last point, not {said:.8g}"
        outside = kkt.infeasibility(problem, x)
        if outside:
            return outside
        if not (isfinite(scale) and scale > 0):  # the loop then takes the stationarity at the run's own start
            x0 = make_start(spec["start"], np.asarray(problem.start(), dtype=float), spec["seed"])
            scale = kkt.stationarity(problem, x0)
        stop = spec["stop"]
        tolerance = stop.get("atol", 0.0) + stop.get("stationarity", 1e-8) * scale
        return kkt.refutation(problem, x, np.asarray(problem.gradient(x)), LENIENT * tolerance)

    def _problem(self, spec: Mapping[str, Any]) -> tuple[ProblemBase, float]:
        """Return a problem and the stationarity that counts as of order one on it."""
        key = json.dumps(spec, sort_keys=True)
        if key not in self._built:
            while len(self._built) >= KEPT:
                del self._built[next(iter(self._built))]
            problem = catalogue(self.plugins).make("problems", spec)
            try:
                scale = kkt.scale_of(problem)
            except Exception:  # f need not be defined at the standard start
                scale = float("nan")
            self._built[key] = (problem, scale)
        return self._built[key]

"""Checks of what must not matter: the units of f and of x, rotations, the order of the variables, the origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from optlab.checks.optimizer_case import OptimizerCase, same_points
from optlab.checks.report import Skipped, require, within
from optlab.checks.tags import law
from optlab.core.endings import lacking
from optlab.core.problem import ProblemBase
from optlab.core.stop import Iterations, Stationary
from optlab.core.transform import Transform
from optlab.kernels.linear_maps import Diagonal
from optlab.transforms._variables import Substituted
from optlab.transforms.permutation import Permutation
from optlab.transforms.rotation import Rotation
from optlab.transforms.shift import Shift
from optlab.transforms.value_scaling import ValueScaling
from optlab.transforms.variable_scaling import VariableScaling

POWERS = (-60, -30, 30, 60)
"""Even powers of two: an odd one is not exact where a Cholesky factor takes square roots."""
UNITS = (1e-8, 1e8)
FEW = Stationary(rtol=1e-5) | Iterations(10)
MANY = Stationary() | Iterations(60)
ROUNDING = 1e-8
"""What a change of variables may change, relative to the longest x so far: rounding, amplified over FEW iterations."""
CONDITION = 10.0
"""Of an affine map: beyond about 10⁴ rounding alone is seen."""


@dataclass(frozen=True)
class Units(Transform):
    """x in units `factor` times as small: y = factor · x."""

    factor: Annotated[float, Gt(0)] = 1.0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return f(y / factor)."""
        return Substituted(problem, self, Diagonal(1.0 / self.factor))


@law("f_homogeneous")
def powers_of_two_in_f_change_no_bit(case: OptimizerCase) -> str:
    """Check that f × 2^k, k = ±30, ±60, has the same iterates bit for bit, at the same cost."""
    for name, problem in case.probes.items():
        base = case.trace(problem, MANY)
        for k in POWERS:
            trace = case.trace(ValueScaling(2.0**k).apply(problem), MANY)
            same_points(base, trace, f"{name}, f × 2^{k}")
            require(trace.status is base.status, f"{name}, f × 2^{k}: {trace.status.name}, not {base.status.name}")
            cost, paid = base.scalars["n_f"][-1], trace.scalars["n_f"][-1]
            require(cost == paid, f"{name}, f × 2^{k}: {paid} evaluations of f instead of {cost}")
    return f"k = {', '.join(map(str, POWERS))}"


@law("f_homogeneous")
def units_of_f_do_not_change_the_verdict(case: OptimizerCase) -> str:
    """Check that f × 10^±8 ends with the same status."""
    for name, problem in case.probes.items():
        base = case.trace(problem)
        for factor in UNITS:
            trace = case.trace(ValueScaling(factor).apply(problem))
            same = trace.status is base.status
            require(same, f"{name}, f × {factor:g}: {trace.status.name}, not {base.status.name}: {trace.message}")
    return ""


@law("x_homogeneous")
def powers_of_two_in_x_change_no_bit(case: OptimizerCase) -> str:
    """Check that x × 2^k, k = ±30, has the same iterates bit for bit."""
    for name, problem in case.probes.items():
        base = case.trace(problem, MANY)
        for k in (-30, 30):
            trace = case.trace(Units(2.0**k).apply(problem), MANY)
            trace.points = trace.points / 2.0**k
            same_points(base, trace, f"{name}, x × 2^{k}")
    return ""


def compared(case: OptimizerCase, transform: Transform) -> str:
    """Compare the runs on all probes with those in other variables, mapped back."""
    worst, seen = 0.0, 0
    for name, problem in case.probes.items():
        try:
            other = transform.apply(problem)
        except ValueError:  # no such variables for this problem's constraints
            continue
        if lacking(other, case.optimizer):
            continue
        assert isinstance(other, Substituted)
        base, trace = case.trace(problem, FEW), case.trace(other, FEW)
        steps = min(len(base), len(trace))
        require(abs(len(base) - len(trace)) <= 1, f"{name}: {len(trace) - 1} steps instead of {len(base) - 1}")
        mapped = np.array([other.forward(y) for y in trace.points[:steps]])
        size = np.maximum.accumulate(np.linalg.norm(base.points[:steps], axis=1))
        errors = np.abs(mapped - base.points[:steps]).max(axis=1) / size
        bad = int(np.argmax(~(errors <= ROUNDING)))
        good = bool(errors[bad] <= ROUNDING)
        require(good, f"{name}: iterate {bad} is {errors[bad]:.1e} (relative to |x|) off: {mapped[bad]}, not "
                      f"{base.points[bad]}")  # fmt: skip
        worst, seen = max(worst, float(errors.max())), seen + 1
    if not seen:
        msg = "no probe that fits the method has such variables"
        raise Skipped(msg)
    return within(worst, ROUNDING, f"{seen} probes")


@law("rotation")
def rotated_variables_give_rotated_iterates(case: OptimizerCase) -> str:
    """Check f(Qy)."""
    return compared(case, Rotation(1))


@law("permutation")
def order_of_the_variables_does_not_matter(case: OptimizerCase) -> str:
    """Check f with its variables in another order."""
    return compared(case, Permutation(1))


@law("translation")
def origin_does_not_matter(case: OptimizerCase) -> str:
    """Check f(y − 1)."""
    return compared(case, Shift(1.0))


@law("affine_invariant")
def affine_maps_do_not_matter(case: OptimizerCase) -> str:
    """Check f(My), M dense with condition 10."""
    return compared(case, VariableScaling(CONDITION, True, 1))


INVARIANCE_CHECKS = (
    powers_of_two_in_f_change_no_bit,
    units_of_f_do_not_change_the_verdict,
    powers_of_two_in_x_change_no_bit,
    rotated_variables_give_rotated_iterates,
    order_of_the_variables_does_not_matter,
    origin_does_not_matter,
    affine_maps_do_not_matter,
)

"""Numerical computation: floating point and stable functions, beside the textbook forms that fail.

Names are loaded when first used.

| module | what it is |
|---|---|
| `stable_elementwise`, `stable_reductions`, `stable_losses` | sigmoid and softmax with their kin; losses from logits |
| `naive` | the textbook forms, for comparison: `naive.softmax`, `naive.sigmoid_1` … |
| `batch_normalization`, `clipping` | batch norm with its backward pass; clipping by norm and by value |
| `floating_point`, `floating_point_tables` | ranges, spacing, thresholds, casts, operations at the edge |
| `lost_digits`, `summation` | cancellation, an ε in the wrong type; orders of summation with their bounds |
| `comparison` | the error of any formula against high precision |
| `conditioning`, `linear_sensitivity` | norms, κ and its trust; perturbed right-hand sides, determinants, ellipses |
| `least_squares_ways` | least squares as formulas write it, against κ |
| `curvature`, `random_hessians` | Taylor models, curvature by direction, critical points; why saddles prevail |
| `networks`, `initialization` | layered networks, and their first weights |
| `depth_signals`, `depth_theory` | what depth does to signals, measured and by the mean-field recursion |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

_HOME = {
    "batch_normalization": ("batch_norm", "batch_norm_backward"),
    "clipping": ("clip_by_norm", "clip_by_value"),
    "comparison": ("compare", "formulas", "reference"),
    "conditioning": ("Condition", "condition_number", "matrix_norm", "power_iteration_norm"),
    "curvature": (
        "asymmetry",
        "classify_critical_point",
        "directional_curvature",
        "optimal_step",
        "taylor_along_gradient",
    ),
    "depth_signals": ("Slopes", "layer_statistics", "log_slopes", "random_layers", "statistics_of"),
    "depth_theory": ("mean_field", "vanishing_depth"),
    "floating_point": ("FloatFacts", "cast", "exp_range", "flags", "float_facts", "ulp"),
    "floating_point_tables": ("dtypes_table", "overflow_table", "special_values_table"),
    "initialization": ("initial_weights", "weight_variance"),
    "least_squares_ways": (
        "accuracy_against_condition",
        "graded",
        "lapack_lstsq",
        "normal_equations_inverse",
        "qr_inverse",
        "qr_inverse_bracketed",
        "qr_triangular",
        "svd_pseudoinverse",
    ),
    "linear_sensitivity": (
        "NearestSingular",
        "Perturbed",
        "amplifications",
        "circle_image",
        "determinants",
        "nearest_singular",
        "perturbed",
        "worst_perturbation",
    ),
    "lost_digits": ("cancellation", "effective_epsilon", "loss_cap"),
    "networks": ("Layer", "Stack", "jacobian_between", "layer_jacobians"),
    "random_hessians": (
        "goe",
        "index_counts",
        "minimum_probability",
        "negative_eigenvalues",
        "saddles_against_dimension",
    ),
    "stable_elementwise": ("log_sigmoid", "sigmoid", "softplus"),
    "stable_losses": ("binary_cross_entropy", "cross_entropy"),
    "stable_reductions": ("log_softmax", "logsumexp", "softmax"),
    "summation": ("kahan_sum", "naive_sum", "neumaier_sum", "pairwise_sum", "sum_bound", "sums_table"),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}
_MODULES = ("naive",)

__all__ = sorted([*_WHERE, *_MODULES])  # noqa: PLE0605  strings, from the table above


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"optlab.numerics.{name}")
    if name not in _WHERE:
        msg = f"module 'optlab.numerics' has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(f"optlab.numerics.{_WHERE[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


if TYPE_CHECKING:
    from optlab.numerics import naive as naive
    from optlab.numerics.batch_normalization import batch_norm as batch_norm
    from optlab.numerics.batch_normalization import batch_norm_backward as batch_norm_backward
    from optlab.numerics.clipping import clip_by_norm as clip_by_norm
    from optlab.numerics.clipping import clip_by_value as clip_by_value
    from optlab.numerics.comparison import compare as compare
    from optlab.numerics.comparison import formulas as formulas
    from optlab.numerics.comparison import reference as reference
    from optlab.numerics.conditioning import Condition as Condition
    from optlab.numerics.conditioning import condition_number as condition_number
    from optlab.numerics.conditioning import matrix_norm as matrix_norm
    from optlab.numerics.conditioning import power_iteration_norm as power_iteration_norm
    from optlab.numerics.curvature import asymmetry as asymmetry
    from optlab.numerics.curvature import classify_critical_point as classify_critical_point
    from optlab.numerics.curvature import directional_curvature as directional_curvature
    from optlab.numerics.curvature import optimal_step as optimal_step
    from optlab.numerics.curvature import taylor_along_gradient as taylor_along_gradient
    from optlab.numerics.depth_signals import Slopes as Slopes
    from optlab.numerics.depth_signals import layer_statistics as layer_statistics
    from optlab.numerics.depth_signals import log_slopes as log_slopes
    from optlab.numerics.depth_signals import random_layers as random_layers
    from optlab.numerics.depth_signals import statistics_of as statistics_of
    from optlab.numerics.depth_theory import mean_field as mean_field
    from optlab.numerics.depth_theory import vanishing_depth as vanishing_depth
    from optlab.numerics.floating_point import FloatFacts as FloatFacts
    from optlab.numerics.floating_point import cast as cast
    from optlab.numerics.floating_point import exp_range as exp_range
    from optlab.numerics.floating_point import flags as flags
    from optlab.numerics.floating_point import float_facts as float_facts
    from optlab.numerics.floating_point import ulp as ulp
    from optlab.numerics.floating_point_tables import dtypes_table as dtypes_table
    from optlab.numerics.floating_point_tables import overflow_table as overflow_table
    from optlab.numerics.floating_point_tables import special_values_table as special_values_table
    from optlab.numerics.initialization import initial_weights as initial_weights
    from optlab.numerics.initialization import weight_variance as weight_variance
    from optlab.numerics.least_squares_ways import accuracy_against_condition as accuracy_against_condition
    from optlab.numerics.least_squares_ways import graded as graded
    from optlab.numerics.least_squares_ways import lapack_lstsq as lapack_lstsq
    from optlab.numerics.least_squares_ways import normal_equations_inverse as normal_equations_inverse
    from optlab.numerics.least_squares_ways import qr_inverse as qr_inverse
    from optlab.numerics.least_squares_ways import qr_inverse_bracketed as qr_inverse_bracketed
    from optlab.numerics.least_squares_ways import qr_triangular as qr_triangular
    from optlab.numerics.least_squares_ways import svd_pseudoinverse as svd_pseudoinverse
    from optlab.numerics.linear_sensitivity import NearestSingular as NearestSingular
    from optlab.numerics.linear_sensitivity import Perturbed as Perturbed
    from optlab.numerics.linear_sensitivity import amplifications as amplifications
    from optlab.numerics.linear_sensitivity import circle_image as circle_image
    from optlab.numerics.linear_sensitivity import determinants as determinants
    from optlab.numerics.linear_sensitivity import nearest_singular as nearest_singular
    from optlab.numerics.linear_sensitivity import perturbed as perturbed
    from optlab.numerics.linear_sensitivity import worst_perturbation as worst_perturbation
    from optlab.numerics.lost_digits import cancellation as cancellation
    from optlab.numerics.lost_digits import effective_epsilon as effective_epsilon
    from optlab.numerics.lost_digits import loss_cap as loss_cap
    from optlab.numerics.networks import Layer as Layer
    from optlab.numerics.networks import Stack as Stack
    from optlab.numerics.networks import jacobian_between as jacobian_between
    from optlab.numerics.networks import layer_jacobians as layer_jacobians
    from optlab.numerics.random_hessians import goe as goe
    from optlab.numerics.random_hessians import index_counts as index_counts
    from optlab.numerics.random_hessians import minimum_probability as minimum_probability
    from optlab.numerics.random_hessians import negative_eigenvalues as negative_eigenvalues
    from optlab.numerics.random_hessians import saddles_against_dimension as saddles_against_dimension
    from optlab.numerics.stable_elementwise import log_sigmoid as log_sigmoid
    from optlab.numerics.stable_elementwise import sigmoid as sigmoid
    from optlab.numerics.stable_elementwise import softplus as softplus
    from optlab.numerics.stable_losses import binary_cross_entropy as binary_cross_entropy
    from optlab.numerics.stable_losses import cross_entropy as cross_entropy
    from optlab.numerics.stable_reductions import log_softmax as log_softmax
    from optlab.numerics.stable_reductions import logsumexp as logsumexp
    from optlab.numerics.stable_reductions import softmax as softmax
    from optlab.numerics.summation import kahan_sum as kahan_sum
    from optlab.numerics.summation import naive_sum as naive_sum
    from optlab.numerics.summation import neumaier_sum as neumaier_sum
    from optlab.numerics.summation import pairwise_sum as pairwise_sum
    from optlab.numerics.summation import sum_bound as sum_bound
    from optlab.numerics.summation import sums_table as sums_table

"""Confidence by resampling whole groups, so that starts of one problem do not pass for independent problems.

Source: Efron & Tibshirani (1993), An introduction to the bootstrap, section 13.3 (percentile interval); Davison &
Hinkley (1997), section 3.8 (groups).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


def grouped_means(
    values: Array, counted: Array, groups: Array, resamples: int, confidence: float, seed: int
) -> tuple[Array, Array, Array]:
    """Return the mean of `values` where `counted`, and its interval when the groups are drawn anew.

    Parameters
    ----------
    values, counted : (P, …) arrays
        A row per observation; `counted` is 1 where it says something, else 0.
    groups : (P,) array
        What is drawn, with replacement, as often as there are groups.
    resamples, confidence, seed
        How many draws, the share of them inside the interval, and the seed of the draws.

    Returns
    -------
    tuple of three (…) arrays
        Mean, lower and upper end; NaN where nothing counts.
    """
    _, where = np.unique(groups, return_inverse=True)
    many = int(where.max(initial=-1)) + 1
    shape = values.shape[1:]
    sums, sizes = np.zeros((many, *shape)), np.zeros((many, *shape))
    np.add.at(sums, where, values * counted)
    np.add.at(sizes, where, np.asarray(counted, dtype=float))
    flat, weights = sums.reshape(many, -1), sizes.reshape(many, -1)
    drawn = np.random.default_rng(seed).multinomial(many, np.full(many, 1.0 / max(many, 1)), size=resamples)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = flat.sum(axis=0) / weights.sum(axis=0)
        again = (drawn @ flat) / (drawn @ weights)
    low, high = np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    there = np.isfinite(mean)
    tail = (1.0 - confidence) / 2.0
    if there.any():
        low[there], high[there] = np.nanquantile(again[:, there], [tail, 1.0 - tail], axis=0)
    return mean.reshape(shape), low.reshape(shape), high.reshape(shape)

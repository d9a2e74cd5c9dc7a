"""Data for regression problems."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from optlab.core.problem import Array
from optlab.core.status import InputError
from optlab.kernels.orthogonal import orthogonal

ROWS, COLUMNS = 442, 10
"""Shape of the diabetes data."""


def diabetes(n: int, m: int | None) -> tuple[Array, Array]:
    """Return X (m, n) and y (m,) of the diabetes data: the first m patients and n columns.

    The columns are age, sex, bmi, bp, s1 … s6, centered and scaled to norm 1, as scikit-learn bundles them;
    y is the progression of the disease after a year, centered, so that no intercept is needed.
    Source: Efron, Hastie, Johnstone & Tibshirani (2004), Least angle regression, table 1.

    Raises
    ------
    InputError
        Without scikit-learn, or for more rows or columns than there are.
    """
    m = ROWS if m is None else m
    if n > COLUMNS or not 1 < m <= ROWS:
        msg = f"the diabetes data have {COLUMNS} columns and 2 to {ROWS} rows to choose, given n = {n} and m = {m}"
        raise InputError(msg)
    data, target = _diabetes()
    X = data[:m, :n] - data[:m, :n].mean(axis=0)
    norms = np.linalg.norm(X, axis=0)
    if not np.all(norms > 0):
        msg = (
            f"column {int(np.argmin(norms))} of the diabetes data is constant in the first {m} rows; choose a larger m"
        )
        raise InputError(msg)
    return X / norms, target[:m] - target[:m].mean()


@cache
def _diabetes() -> tuple[Array, Array]:
    """Return the raw data, (442, 10) and (442,).

    Its two text files are read where scikit-learn keeps them, since importing scikit-learn takes a second;
    where they have moved, the import it is.
    """
    folder = bundled("diabetes")
    try:
        data = np.loadtxt(folder / "diabetes_data_raw.csv.gz")
        target = np.loadtxt(folder / "diabetes_target.csv.gz")
        if data.shape == (ROWS, COLUMNS) and target.shape == (ROWS,):
            return data, target
    except (OSError, ValueError):
        pass
    from sklearn.datasets import load_diabetes

    data, target = load_diabetes(return_X_y=True, scaled=False)
    return np.asarray(data, dtype=float), np.asarray(target, dtype=float)


def bundled(name: str) -> Path:
    """Return the folder where scikit-learn keeps its bundled data.

    Raises
    ------
    InputError
        Without scikit-learn, naming the data wanted and what to install.
    """
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        msg = f'the {name} data come with scikit-learn, which is not installed; try: pip install "optlab[data]"'
        raise InputError(msg)
    return Path(next(iter(spec.submodule_search_locations))) / "datasets" / "data"


def synthetic(n: int, m: int | None, condition: float, noise: float, seed: int) -> tuple[Array, Array]:
    """Return X (m, n) with singular values from 1 down to 1/condition, log-spaced, and y (m,).

    y = Xw + noise · ‖Xw‖ · u with a unit vector u that no Xw reaches, so that the least-squares solution is w
    itself. w has a component of ±1 along every singular vector: ‖w‖² = n, and the λ that goes with a bound on
    ‖w‖² is the same for every seed and noise.

    Raises
    ------
    InputError
        For m ≤ n.
    """
    m = 5 * n if m is None else m
    if not m > n:
        msg = f"a synthetic design needs more rows than columns, given n = {n} and m = {m}"
        raise InputError(msg)
    random = np.random.default_rng(seed)
    U, V = orthogonal(random, m, n + 1), orthogonal(random, n, n)
    sigma = np.geomspace(1.0, 1.0 / condition, n)
    fitted = U[:, :n] @ (sigma * random.choice([-1.0, 1.0], n))
    return (U[:, :n] * sigma) @ V.T, fitted + noise * np.linalg.norm(fitted) * U[:, n]


def sparse(n: int, m: int | None, nonzero: int, correlation: float, noise: float, seed: int) -> tuple[Array, Array]:
    """Return X (m, n) with correlated columns of norm 1 and y (m,), the sum of a few of them and noise.

    The rows of X are normal with covariance correlation^|i−j| before the columns are scaled; m = None: half as many
    rows as columns. The true w has `nonzero` entries ±1, evenly spread; y = Xw + noise · ‖Xw‖ · u with a random unit
    vector u.

    Raises
    ------
    InputError
        For more nonzero entries than columns.
    """
    m = max(2, n // 2) if m is None else m
    if nonzero > n:
        msg = f"a sparse design needs nonzero from 1 to n = {n}, given {nonzero}"
        raise InputError(msg)
    random = np.random.default_rng(seed)
    X = random.standard_normal((m, n))
    for j in range(1, n):
        X[:, j] = correlation * X[:, j - 1] + np.sqrt(1.0 - correlation * correlation) * X[:, j]
    X /= np.linalg.norm(X, axis=0)
    w, u = np.zeros(n), random.standard_normal(m)
    w[(np.arange(nonzero) * n) // nonzero] = random.choice([-1.0, 1.0], nonzero)
    fitted = X @ w
    return X, fitted + noise * np.linalg.norm(fitted) / np.linalg.norm(u) * u

"""Tables of features and targets: the data sets that scikit-learn bundles, and synthetic ones."""

from __future__ import annotations

from functools import cache

import numpy as np

from optlab.core.problem import Array
from optlab.core.settings import name_of
from optlab.core.status import InputError
from optlab_problems.ml.designs import _diabetes, bundled

SHAPES = {
    "diabetes": (442, 10),
    "breast_cancer": (569, 30),
    "wine": (178, 13),
    "iris": (150, 4),
    "digits": (1797, 64),
    "linnerud": (20, 3),
}
"""Rows and features of each bundled data set."""
FILES = {"breast_cancer": "breast_cancer.csv", "wine": "wine_data.csv", "iris": "iris.csv", "digits": "digits.csv.gz"}
TITLES = {"breast_cancer": 1, "wine": 1, "iris": 1, "digits": 0}
"""Lines to skip at the head of each file."""
EXERCISES = ("chins", "situps", "jumps")


def check_choice(
    name: str, n: int, m: int | None, extra: int = 0, what: str = "n", rows: str = "m", problem: object = None
) -> None:
    """Refuse more features or rows than a bundled data set has; other names pass.

    Parameters
    ----------
    name : str
        The data set.
    n, m : int
        Variables and rows wanted; m = None for all.
    extra : int
        How many of the n are no features, such as an intercept.
    what, rows : str
        The settings that n and m come from.
    problem : ProblemBase, optional
        Whose settings they are, for the message.

    Raises
    ------
    InputError
        Saying which values are allowed.
    """
    if name not in SHAPES:
        return
    most, features = SHAPES[name]
    if not (1 <= n <= features + extra and (m is None or 1 < m <= most)):
        whose = "" if problem is None else f"{name_of(problem)}: "
        with_intercept = " (the intercept counts)" if extra else ""
        msg = (
            f"{whose}{name} has {features} features and {most} rows: {what} must be from 1 to {features + extra}"
            f"{with_intercept} and {rows} from 2 to {most}, given {what} = {n} and {rows} = {m}"
        )
        raise InputError(msg)


def table(name: str, features: int, m: int | None, standardize: bool = True) -> tuple[Array, Array]:
    """Return X (m, features) and the targets (m,) of a bundled data set.

    The rows are m evenly spaced ones, so that files sorted by class give every class its share; the features are the
    first ones. Standardized features have mean 0 and variance 1 over the chosen rows, constant ones become 0.
    Targets are as they come: class labels 0, 1, …, or what is to be regressed.

    Raises
    ------
    InputError
        Without scikit-learn, or for more rows or features than there are.
    """
    check_choice(name, max(1, features), m, what="features")
    data, target = raw(name)
    rows = len(target) if m is None else m
    chosen = (np.arange(rows) * len(target)) // rows
    X = data[chosen, :features]
    return (standardized(X) if standardize else X), target[chosen]


def standardized(X: Array) -> Array:
    """Return X with columns of mean 0 and variance 1; constant columns become 0."""
    X = X - X.mean(axis=0)
    deviations = X.std(axis=0)
    return np.asarray(X / np.where(deviations > 0, deviations, 1.0))


def one_hot(labels: Array) -> Array:
    """Return an (m, K) matrix of 0 and 1 for m labels, K different ones.

    Raises
    ------
    InputError
        For K = 1.
    """
    if np.all(labels == labels[0]):
        msg = f"all {len(labels)} rows are of one class; choose a larger m"
        raise InputError(msg)
    return np.asarray((labels[:, None] == np.unique(labels)).astype(float))


@cache
def raw(name: str) -> tuple[Array, Array]:
    """Return all rows of a data set as scikit-learn bundles it: features (M, p) and target (M,).

    Text files are read where they lie, since importing scikit-learn takes a second; where they have moved, the
    import it is. The target of linnerud is an (M, 3) matrix.
    """
    X: Array
    target: Array
    if name == "diabetes":
        X, target = _diabetes()
        return X, target
    folder = bundled(name)
    try:
        if name == "linnerud":
            X = np.loadtxt(folder / "linnerud_physiological.csv", skiprows=1)
            target = np.loadtxt(folder / "linnerud_exercise.csv", skiprows=1)
        else:
            values = np.loadtxt(folder / FILES[name], delimiter=",", skiprows=TITLES[name])
            X, target = values[:, :-1], values[:, -1]
        if X.shape == SHAPES[name] and len(target) == len(X):
            return X, target
    except (OSError, ValueError):
        pass
    from sklearn import datasets

    X, target = getattr(datasets, f"load_{name}")(return_X_y=True)
    if name == "linnerud":  # scikit-learn regresses the other way round
        X, target = target, X
    return np.asarray(X, dtype=float), np.asarray(target, dtype=float)


def blobs(features: int, m: int, classes: int, separation: float, seed: int) -> tuple[Array, Array]:
    """Return points (m, features) scattered normally around one center per class, and labels 0, 1, … in turn.

    Centers are normal with standard deviation `separation`, the points around them with 1; the features are
    standardized.
    """
    random = np.random.default_rng(seed)
    centers = separation * random.standard_normal((classes, features))
    labels = np.arange(m) % classes
    return standardized(centers[labels] + random.standard_normal((m, features))), labels.astype(float)


def contaminated(features: int, m: int, noise: float, outliers: float, seed: int) -> tuple[Array, Array]:
    """Return normal features (m, features), standardized, and y = Xw + noise, w of ±1 in turn.

    The part `outliers` of the rows, at the end, has 10 to 20 added to y: on one side only, so that they pull.
    """
    random = np.random.default_rng(seed)
    X = standardized(random.standard_normal((m, features)))
    y = X @ np.where(np.arange(features) % 2, -1.0, 1.0) + noise * random.standard_normal(m)
    wrong = np.arange(m) >= m - round(outliers * m)
    return X, y + wrong * random.uniform(10.0, 20.0, m)

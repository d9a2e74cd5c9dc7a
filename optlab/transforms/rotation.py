"""Rotation of the variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import ProblemBase
from optlab.core.status import InputError
from optlab.core.transform import Transform
from optlab.kernels.linear_maps import LinearMap, Orthogonal, Reflections
from optlab.kernels.orthogonal import orthogonal
from optlab.transforms._variables import Substituted

LARGE = 4096
"""Beyond this n a dense orthogonal matrix, of 134 MB, is refused."""


@dataclass(frozen=True)
class Rotation(Transform):
    """f(Qy) with a random orthogonal Q: no coordinate is special anymore; spectra, κ and f* stay.

    It teaches which methods depend on the axes: gradient descent and Newton take the same path, Adam does not.

    Attributes
    ----------
    seed : int
        Of Q.
    reflections : int, optional
        Q as a product of so many Householder reflections, in O(n) memory each; by default Q is uniformly
        distributed and dense.

    Source: Stewart (1980), The efficient generation of random orthogonal matrices.
    """

    seed: Annotated[int, Ge(0)] = 0
    reflections: Annotated[int | None, Ge(1)] = None

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem in rotated variables."""
        return Substituted(problem, self, rotation_of(self, problem.n, self.reflections))


def rotation_of(transform: Transform, n: int, reflections: int | None = None, index: int = 0) -> LinearMap:
    """Return a random orthogonal map of a transform; `index` tells several apart.

    Raises
    ------
    InputError
        For a dense one that would be too large.
    """
    random = transform.generator(index)
    if reflections is not None:
        U = random.standard_normal((reflections, n))
        return Reflections(U / np.linalg.norm(U, axis=1, keepdims=True))
    if n > LARGE:
        msg = f"a dense rotation of n = {n:,} would take {8e-9 * n * n:,.1f} GB (at most n = {LARGE:,}); " \
            "give reflections: 3 for one in O(n) memory"  # fmt: skip
        raise InputError(msg)
    return Orthogonal(orthogonal(random, n, n))

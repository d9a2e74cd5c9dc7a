"""The intersection of sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.status import EmptySetError, InputError
from optlab.kernels.projections_dykstra import alternate, dykstra
from optlab.sets._parts import WithParts
from optlab.sets.base import ULPS, Array, ConvexSet
from optlab.sets.box import Box
from optlab.sets.half_space import HalfSpace

APART = 1e-6
"""A point this far from one of the sets after all cycles, relative to its length: not in it but for rounding."""


@dataclass(frozen=True)
class Intersection(WithParts):
    """{x : x in every set}, projected onto by Dykstra's cycles; directly for one linear condition and bounds.

    A member keeps every bound exactly, and is within 4 ulp of its own length of the other sets. The projection is
    right to about `tolerance` times the length of x, divided by the sine of the angle at which the sets meet: where
    they touch without crossing, or under a small angle, the cycles are slow, and their number bounds the accuracy.
    A point is always returned that keeps the bounds; where none was found near all the sets, as when they have none in
    common, it is an EmptySetError.
    Source: Dykstra (1983); Boyle & Dykstra (1986).

    Parameters
    ----------
    sets : sequence of ConvexSet
        The parts.
    tolerance : float
        By how much the corrections of a cycle may change when it is the last, relative to the length of x.
    max_cycles : int
        The most cycles, for the projection and again for the way into all sets.
    """

    variants: ClassVar[tuple[dict[str, Any], ...]] = ({"sets": (HalfSpace(1.0, 1.0), Box(0.0, 2.0))},)

    tolerance: Annotated[float, Gt(0)] = 1e-13
    max_cycles: Annotated[int, Ge(1)] = 10_000

    @cached_property
    def _boxes(self) -> dict[int, Box | None]:
        return {}

    def _box(self, n: int) -> Box | None:
        """All bounds together, None without."""
        if n not in self._boxes:
            pair = self.bounds(n)
            self._boxes[n] = None if pair is None else Box(*pair)
        return self._boxes[n]

    def _turns(self, n: int) -> list[ConvexSet]:
        """The sets in the order of a cycle: the bounds last, so that they are kept exactly."""
        box = self._box(n)
        others = [part for part in self.parts if part.form != ("bounds",)]
        return others if box is None else [*others, box]

    @property
    def dimension(self) -> int | None:
        """The n of the points it is for; None where any n will do."""
        sizes = {part.dimension for part in self.parts} - {None}
        if len(sizes) > 1:
            msg = f"intersection: the sets are for points of different n: {', '.join(map(str, sorted(sizes)))}"  # type: ignore[type-var]
            raise InputError(msg)
        return next(iter(sizes), None)

    def project(self, x: Array) -> Array:
        """Return nearly the nearest member; x itself where it is one.

        Raises
        ------
        EmptySetError
            Where no point near all the sets was found.
        """
        if self.contains(x) or not np.isfinite(x).all():
            return x
        turns = self._turns(x.size)
        projections = [part.project for part in turns]
        point = self._nearest(x.astype(float, copy=False))
        point = alternate(projections, point.astype(x.dtype, copy=False), self.contains, self.max_cycles)
        if not self.contains(point):
            apart = [float(np.linalg.norm(part.project(point) - point)) for part in turns]
            if not max(apart) <= max(APART * float(np.linalg.norm(point)), self.tolerance * float(np.linalg.norm(x))):
                msg = (
                    f"intersection: no common point of {', '.join(map(str, self.parts))} was found; after "
                    f"{self.max_cycles} cycles {point} is still {max(apart):.1e} away from one of them"
                )
                raise EmptySetError(msg)
        return point

    def _nearest(self, x: Array) -> Array:
        """Return the nearest member but for rounding: in closed form for one set and bounds where that is known."""
        turns, bounds = self._turns(x.size), self.bounds(x.size)
        within = getattr(turns[0], "project_within", None)
        if within is not None and bounds is not None and len(turns) == 2:  # noqa: PLR2004  the set and the bounds
            return np.asarray(within(x, *bounds))
        return dykstra([part.project for part in turns], x, self.tolerance, self.max_cycles)

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether every set holds x, or is within `slack` of it: bounds exactly, the other sets to rounding."""
        box = self._box(x.size)
        if box is not None and not box.contains(x, slack):
            return False
        size = float(np.linalg.norm(x))
        slack += ULPS * float(np.finfo(x.dtype).eps) * size
        return size < np.inf and all(part.contains(x, slack) for part in self.parts)

    # --- forms: those of the parts, one after the other ------------------------------------------

    def bounds(self, n: int) -> tuple[Array, Array] | None:
        """Return the greatest of the lower bounds and the least of the upper; None where no part has any."""
        pairs = [pair for pair in (part.bounds(n) for part in self.parts) if pair is not None]
        if not pairs:
            return None
        return np.max([lo for lo, _ in pairs], axis=0), np.min([hi for _, hi in pairs], axis=0)

    def inequality(self, x: Array) -> Array:
        """The parts' g, one after the other."""
        return np.concatenate([part.inequality(x) for part in self.parts])

    def inequality_jacobian(self, x: Array) -> Array:
        """The rows of the parts, one after the other."""
        return np.concatenate([part.inequality_jacobian(x) for part in self.parts])

    def inequality_curvature(self, x: Array, lam: Array) -> Array:
        """The sum over the parts."""
        H, start = np.zeros((x.size, x.size), dtype=x.dtype), 0
        for part in self.parts:
            end = start + part.inequality(x).size
            if end > start:
                H = H + part.inequality_curvature(x, lam[start:end])
            start = end
        return H

    def equality(self, x: Array) -> Array:
        """The parts' h, one after the other."""
        return np.concatenate([part.equality(x) for part in self.parts])

    def equality_jacobian(self, x: Array) -> Array:
        """The rows of the parts, one after the other."""
        return np.concatenate([part.equality_jacobian(x) for part in self.parts])

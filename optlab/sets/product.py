"""The product of sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from optlab.core.status import InputError
from optlab.sets._parts import WithParts
from optlab.sets.ball import Ball
from optlab.sets.base import Array, ConvexSet
from optlab.sets.box import Box


@dataclass(frozen=True)
class Product(WithParts):
    """{x = (x₁, …, x_k) : x_i in the i-th set}, each set with its own block of components, in their order.

    Source: Parikh & Boyd (2014), Proximal Algorithms, section 2.1 (separable sum).

    Parameters
    ----------
    sets : sequence of ConvexSet
        The set of every block.
    sizes : sequence of int
        The length of every block; may be left out where every set says its own.
    """

    variants: ClassVar[tuple[dict[str, Any], ...]] = ({"sets": (Ball(), Box(0.0, 1.0)), "sizes": (3, 2)},)

    sizes: Any = ()

    @cached_property
    def _slices(self) -> tuple[slice, ...]:
        known = [part.dimension for part in self.parts]
        sizes = list(self.sizes) or known
        if len(sizes) != len(known) or any(not isinstance(n, int) or n < 1 for n in sizes):
            msg = f"product: sizes must hold the length of each of the {len(known)} blocks, given {self.sizes!r}"
            raise InputError(msg)
        for i, (n, own) in enumerate(zip(sizes, known, strict=True)):
            if own not in (None, n):
                msg = f"product: block {i + 1} has length {n}, but its set is for {own} components"
                raise InputError(msg)
        ends = np.cumsum([0, *sizes]).tolist()
        return tuple(slice(lo, hi) for lo, hi in pairwise(ends))

    @property
    def dimension(self) -> int | None:
        """The sum of the blocks' lengths."""
        return int(self._slices[-1].stop)

    def _blocks(self, x: Array) -> Iterator[tuple[ConvexSet, Array]]:
        if x.shape != (self.dimension,):
            msg = f"product: the blocks have {self.dimension} components together, but x has shape {x.shape}"
            raise InputError(msg)
        for part, where in zip(self.parts, self._slices, strict=True):
            yield part, x[where]

    def project(self, x: Array) -> Array:
        """Project every block; x itself where each is a member."""
        pairs = [(block, part.project(block)) for part, block in self._blocks(x)]
        return x if all(after is before for before, after in pairs) else np.concatenate([after for _, after in pairs])

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether every block is in its set, or within `slack` of it."""
        return all(part.contains(block, slack) for part, block in self._blocks(x))

    @property
    def linear_minimizer(self) -> Callable[[Array], Array]:
        """The minimizers of the blocks side by side; there is none where a part has none."""
        finders = self._each("linear_minimizer")
        return lambda g: np.concatenate(
            [find(block) for find, (_, block) in zip(finders, self._blocks(g), strict=True)]
        )

    @property
    def support(self) -> Callable[[Array], float]:
        """The sum over the blocks; there is none where a part has none."""
        finders = self._each("support")
        return lambda g: float(sum(find(block) for find, (_, block) in zip(finders, self._blocks(g), strict=True)))

    def _each(self, method: str) -> list[Callable[[Array], Any]]:
        return [getattr(part, method) for part in self.parts]  # an AttributeError: then the product has it neither

    # --- forms: those of the parts, one after the other ------------------------------------------

    def bounds(self, n: int) -> tuple[Array, Array] | None:
        """Return the bounds of the blocks, infinite for one without."""
        pairs = [part.bounds(block.size) for part, block in self._blocks(np.empty(n))]
        if not any(pairs):
            return None
        free = [(np.full(w.stop - w.start, -np.inf), np.full(w.stop - w.start, np.inf)) for w in self._slices]
        filled = [pair or other for pair, other in zip(pairs, free, strict=True)]
        return np.concatenate([lo for lo, _ in filled]), np.concatenate([hi for _, hi in filled])

    def inequality(self, x: Array) -> Array:
        """The blocks' g, one after the other."""
        return np.concatenate([part.inequality(block) for part, block in self._blocks(x)])

    def inequality_jacobian(self, x: Array) -> Array:
        """Return a block diagonal matrix."""
        return _diagonal([part.inequality_jacobian(block) for part, block in self._blocks(x)])

    def inequality_curvature(self, x: Array, lam: Array) -> Array:
        """Return a block diagonal matrix."""
        blocks, start = [], 0
        for part, block in self._blocks(x):
            end = start + part.inequality(block).size
            blocks.append(part.inequality_curvature(block, lam[start:end]))
            start = end
        return _diagonal(blocks)

    def equality(self, x: Array) -> Array:
        """The blocks' h, one after the other."""
        return np.concatenate([part.equality(block) for part, block in self._blocks(x)])

    def equality_jacobian(self, x: Array) -> Array:
        """Return a block diagonal matrix."""
        return _diagonal([part.equality_jacobian(block) for part, block in self._blocks(x)])


def _diagonal(blocks: Sequence[Array]) -> Array:
    """Return the block diagonal matrix; blocks may have no rows."""
    whole = np.zeros(np.sum([block.shape for block in blocks], axis=0), dtype=blocks[0].dtype)
    row = column = 0
    for block in blocks:
        whole[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return whole

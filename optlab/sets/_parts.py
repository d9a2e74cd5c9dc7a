"""What the product and the intersection of sets share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from optlab.core.settings import check_settings, name_of
from optlab.core.status import InputError
from optlab.sets.base import FORMS, ConvexSet


@dataclass(frozen=True)
class WithParts(ConvexSet):
    """A set made of others."""

    abstract: ClassVar[bool] = True
    many: ClassVar[dict[str, str]] = {"sets": "sets"}
    """Settings that are lists of objects, and the kind of these."""

    sets: Any

    @cached_property
    def parts(self) -> tuple[ConvexSet, ...]:
        """The sets it is made of, looked at once."""
        given = tuple(self.sets) if isinstance(self.sets, (list, tuple)) else ()
        wrong = [part for part in given if not isinstance(part, ConvexSet)]
        if wrong or not given:
            msg = f"{name_of(self)}: sets must be one or more convex sets, given {wrong[0] if wrong else self.sets!r}"
            raise InputError(msg)
        for part in given:
            check_settings(part)
        return given

    @property
    def form(self) -> tuple[str, ...]:
        """What any part is written with; () where one is known by its projection alone."""
        forms = [part.form for part in self.parts]
        return tuple(kind for kind in FORMS if any(kind in form for form in forms)) if all(forms) else ()

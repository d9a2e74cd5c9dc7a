"""Specifications: "name" or {name: …, setting: value, …}, checked setting by setting against the class they name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, is_dataclass
from functools import cache
from typing import Any, get_origin

from pydantic import ConfigDict, PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError

from optlab.config.sweeps import KINDS, Axis, is_sweep, sweep_values
from optlab.config.text import Document, Path_
from optlab.config.wording import describe, hint, shown
from optlab.core.settings import name_of, settings_of, type_of
from optlab.core.status import InputError
from optlab.registry import SINGULAR, Catalogue, inner_kind

CHAIN = "transforms"
"""The key of a problem that is no setting: what is done to it."""
INVALID = object()
"""Stands for a value whose mistake has been reported."""


class Checker:
    """Checks specifications of a document and reports every mistake where it stands."""

    def __init__(self, document: Document, catalogue: Catalogue) -> None:
        self.document, self.catalogue = document, catalogue

    def spec(self, kind: str, given: Any, path: Path_, *, sweeps: bool = False, extra: tuple[str, ...] = ()) -> Any:
        """Return {name: …, settings converted, Axis where swept}, or INVALID; keys in `extra` are left alone."""
        what = SINGULAR[kind]
        if isinstance(given, str):
            given, name_path = {"name": given}, path
        elif isinstance(given, dict) and isinstance(given.get("name"), str):
            name_path = (*path, "name")
        else:
            article = "an" if what[0] in "aeiou" else "a"
            self.document.report(path, f"{article} {what} is a name or {{name: …, settings}}, given {shown(given)}")
            return INVALID
        cls = self._class(kind, given["name"], name_path)
        if cls is INVALID:
            return INVALID
        known = settings_of(cls)
        tree: dict[str, Any] = {"name": given["name"]}
        for key, value in given.items():
            if key == "name" or key in extra:
                continue
            if key == CHAIN and kind == "problems":
                tree[key] = self._chain(value, (*path, key), sweeps)
                continue
            if key not in known:
                tail = hint(key, [*known, *extra], "settings")
                self.document.report((*path, key), f"{given['name']} has no setting {key!r}{tail}", key=True)
                tree[key] = INVALID
            else:
                tree[key] = self._setting(cls, key, value, (*path, key), sweeps)
        missing = [
            n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING and n not in given
        ]
        if missing:
            self.document.report(path, f"{given['name']} needs a value for {', '.join(missing)}")
            return INVALID
        return INVALID if any(value is INVALID for value in tree.values()) else tree

    def _chain(self, given: Any, path: Path_, sweeps: bool) -> Any:
        """Return the checked transforms of a problem: a list of specifications, or an Axis of such lists."""
        if isinstance(given, dict) and "name" not in given:
            if not sweeps or set(given) != {"grid"} or not isinstance(given["grid"], list) or not given["grid"]:
                self.document.report(path, f"{CHAIN} is a transform, a list of them, or {{grid: [several of these]}}")
                return INVALID
            chains = [self._chain(value, (*path, "grid", i), False) for i, value in enumerate(given["grid"])]
            return INVALID if any(chain is INVALID for chain in chains) else Axis(tuple(chains))
        if given is None or given == "none":
            return []
        several = isinstance(given, list)
        parts = [self.spec("transforms", part, (*path, i) if several else path, sweeps=sweeps)
                 for i, part in enumerate(given if several else [given])]  # fmt: skip
        return INVALID if any(part is INVALID for part in parts) else parts

    def setting(self, cls: type, key: str, value: Any, path: Path_) -> Any:
        """Return the checked value of one setting, an Axis where it is swept, or INVALID."""
        return self._setting(cls, key, value, path, sweeps=True)

    def make(self, kind: str, tree: dict[str, Any], path: Path_) -> Any:
        """Build the object of a checked specification; what its class objects to is reported at `path`."""
        try:
            return self.catalogue.make(kind, tree)
        except (InputError, TypeError, ValueError) as error:
            self.document.report(path, str(error))
            return INVALID

    def _class(self, kind: str, name: str, path: Path_) -> Any:
        try:
            return self.catalogue.find(kind, name)
        except InputError as error:
            self.document.report(path, str(error))
        except ImportError as error:
            self.document.report(path, f"{name} cannot be imported: {error}")
        return INVALID

    def _setting(self, cls: type, key: str, value: Any, path: Path_, sweeps: bool) -> Any:
        inner = inner_kind(type_of(cls, key))
        if not _swept(cls, key, value, inner):
            return self._value(cls, key, value, path, sweeps=sweeps)
        if not sweeps:
            self.document.report(path, f"{key} cannot be swept here")
            return INVALID
        try:
            values = sweep_values(value)
        except InputError as error:
            self.document.report(path, f"{key}: {error}")
            return INVALID
        if "grid" in value:
            checked = [self._value(cls, key, v, (*path, "grid", i)) for i, v in enumerate(values)]
        else:
            if _is_whole(type_of(cls, key)):
                values = list(dict.fromkeys(round(v) for v in values))
            checked = [self._value(cls, key, v, path) for v in values]
        return INVALID if any(v is INVALID for v in checked) else Axis(tuple(checked))

    def _value(self, cls: type, key: str, value: Any, path: Path_, *, sweeps: bool = False) -> Any:
        inner = inner_kind(type_of(cls, key))
        if inner and isinstance(value, (str, dict)):
            return self.spec(inner, value, path, sweeps=sweeps)
        if inner and value is not None:
            self.document.report(path, f"{key} must be a name or {{name: …, settings}}, given {shown(value)}")
            return INVALID
        try:
            return converted(cls, key, value)
        except ValidationError as error:
            found = error.errors(include_url=False)
            place = (*path, *(p for p in found[0]["loc"] if isinstance(p, int))) if isinstance(value, list) else path
            tail = f" (to try several: {key}: {{grid: […]}})" if sweeps and isinstance(found[0]["input"], list) else ""
            self.document.report(place, f"{key} {describe(found, found[0]['input'])}{tail}")
            return INVALID


def _swept(cls: type, key: str, value: Any, inner: str) -> bool:
    if not is_sweep(value):
        return False
    takes_mappings = inner or get_origin(type_of(cls, key)) in (dict, Mapping)
    return any(kind in value for kind in KINDS) or not takes_mappings


@cache
def adapter(cls: type, key: str) -> TypeAdapter[Any] | None:
    """Return pydantic's validator of a setting's annotation; None where pydantic cannot express it."""
    annotation = type_of(cls, key)
    if inner_kind(annotation):
        return None
    try:
        whole = is_dataclass(annotation)
        return TypeAdapter(annotation, config=None if whole else ConfigDict(strict=True))
    except (PydanticSchemaGenerationError, PydanticUserError, NameError, TypeError):
        return None


def converted(cls: type, key: str, value: Any) -> Any:
    """Return a value in the type of its setting: 1 becomes 1.0 where a float is meant, 1e3 the integer 1000.

    Raises
    ------
    pydantic.ValidationError
        For a wrong type, or a value out of range.
    """
    annotation = type_of(cls, key)
    default = settings_of(cls)[key].default
    if annotation is Any:
        return _floats(value) if isinstance(default, float) else value
    rule = adapter(cls, key)
    if rule is None:
        return value
    if isinstance(value, float) and value.is_integer() and _is_whole(annotation):
        value = int(value)
    return plain(rule.validate_json(json.dumps(value)))


def _is_whole(annotation: Any) -> bool:
    """Whether an annotation means integers and no other numbers."""
    words = str(getattr(annotation, "__origin__", annotation))
    return annotation is int or (re.search(r"\bint\b", words) is not None and not re.search("float|Literal", words))


def _floats(value: Any) -> Any:
    if isinstance(value, list):
        return [_floats(v) for v in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: objects as {name: …, settings}, arrays and tuples as lists."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {"name": name_of(value)} | {key: plain(getattr(value, key)) for key in settings_of(type(value))}
    if isinstance(value, Mapping):
        return {str(key): plain(v) for key, v in value.items()}
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    return repr(value)


def full(catalogue: Catalogue, kind: str, spec: str | dict[str, Any]) -> dict[str, Any]:
    """Return a specification with every default filled in, inner ones too."""
    given = {"name": spec} if isinstance(spec, str) else spec
    cls = catalogue.find(kind, given["name"])
    filled: dict[str, Any] = {"name": given["name"]}
    if kind == "problems" and given.get(CHAIN):
        filled[CHAIN] = [full(catalogue, CHAIN, part) for part in given[CHAIN]]
    for key, setting in settings_of(cls).items():
        inner = inner_kind(type_of(cls, key))
        if key in given:
            value = given[key]
            filled[key] = full(catalogue, inner, value) if inner and isinstance(value, (str, dict)) else value
        elif setting.default is not MISSING:
            filled[key] = plain(setting.default)
        elif setting.default_factory is not MISSING:
            filled[key] = plain(setting.default_factory())
        if inner and isinstance(filled.get(key), str):
            with suppress(InputError):  # "auto" and the like are the class's own words
                filled[key] = full(catalogue, inner, filled[key])
    return filled

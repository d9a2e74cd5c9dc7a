"""Settings of optimizers, problems, searches, columns and plots: dataclass fields and their ranges."""

from __future__ import annotations

import operator
import re
import sys
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from inspect import get_annotations
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from optlab.core.status import InputError, nearest, worded

COMPARISONS = (("gt", ">", operator.gt), ("ge", ">=", operator.ge), ("lt", "<", operator.lt), ("le", "<=", operator.le))

PLAIN = {int: "a whole number", float: "a number", bool: "true or false", str: "text", NoneType: "nothing"}
"""The types of settings that are checked as they are, in words."""


def snake_case(name: str) -> str:
    """Turn a class name into a registry name.

    >>> snake_case("GradientDescentOptimalStep"), snake_case("BFGS"), snake_case("L2Regression")
    ('gradient_descent_optimal_step', 'bfgs', 'l2_regression')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def name_of(item: object) -> str:
    """Return the registry name of a class or instance: its own `name`, else the class in snake_case."""
    cls = item if isinstance(item, type) else type(item)
    own = getattr(item, "name", None)
    return own if isinstance(own, str) and own else snake_case(cls.__name__)


@cache
def settings_of(cls: Any) -> dict[str, Field[Any]]:
    """Return the settings of a class: its dataclass fields that can be given."""
    if not is_dataclass(cls):
        return {}
    return {f.name: f for f in fields(cls) if f.init}


@cache
def type_of(cls: Any, name: str) -> Any:
    """Return the annotation of a setting, resolved; `Any` where a name in it exists for type checkers only."""
    for base in cls.__mro__:
        annotation = get_annotations(base).get(name)
        if annotation is not None:
            if not isinstance(annotation, str):
                return annotation
            try:
                return eval(annotation, vars(sys.modules[base.__module__]))
            except NameError:
                return Any
    return Any


def classes_of(annotation: Any) -> tuple[Any, ...]:
    """Return the classes an annotation names, through unions and ``Annotated``; none where it has a Literal."""
    if isinstance(annotation, type):
        return (annotation,)
    if get_origin(annotation) is Annotated:
        return classes_of(annotation.__origin__)
    if get_origin(annotation) in (Union, UnionType):
        parts = [classes_of(part) for part in get_args(annotation)]
        return tuple(cls for part in parts for cls in part) if all(parts) else ()
    return ()


def _ranges(annotation: Any) -> list[Any]:
    """Every range in an annotation, those of a union's members too."""
    inner = getattr(annotation, "__origin__", None) if get_origin(annotation) is Annotated else None
    own = list(getattr(annotation, "__metadata__", ()))
    parts = (
        [inner] if inner is not None else get_args(annotation) if get_origin(annotation) in (Union, UnionType) else []
    )
    return own + [rule for part in parts for rule in _ranges(part)]


@cache
def _rules(cls: Any, name: str) -> tuple[str, tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    """The range of one setting in words, its tests, its literal choices, and its plain types."""
    annotation = type_of(cls, name)
    words: list[str] = []
    tests: list[Any] = []
    for piece in _ranges(annotation):
        for attribute, sign, compare in COMPARISONS:
            bound = getattr(piece, attribute, None)
            if bound is not None:
                words.append(f"{sign} {bound:g}")
                tests.append((compare, bound))
    bare = annotation.__origin__ if get_origin(annotation) is Annotated else annotation
    choices = get_args(bare) if get_origin(bare) is Literal else ()
    classes = classes_of(annotation)
    return " and ".join(words), tuple(tests), choices, classes if set(classes) <= set(PLAIN) else ()


@cache
def _all_rules(cls: Any) -> tuple[tuple[str, Any, Any], ...]:
    """The name, the default and the rules of every setting; a default that breaks its own rules stands as none."""
    found = []
    for name, setting in settings_of(cls).items():
        rules = _rules(cls, name)
        try:
            _check(cls, name, setting.default, rules)
            found.append((name, setting.default, rules))
        except InputError:
            found.append((name, MISSING, rules))
    return tuple(found)


def _fits(value: Any, classes: tuple[Any, ...]) -> bool:
    if isinstance(value, bool):
        return bool in classes
    if isinstance(value, Integral):
        return int in classes or float in classes
    if isinstance(value, Real):
        return float in classes
    return isinstance(value, classes)


def check_settings(item: object) -> None:
    """Check an object's settings against their ``Annotated`` ranges and ``Literal`` choices, inner objects too.

    Raises
    ------
    InputError
        Naming the setting, the value given and what is allowed.
    """
    cls: Any = type(item)
    for name, default, rules in _all_rules(cls):
        value = getattr(item, name)
        if value is not default:  # which has been checked
            _check(cls, name, value, rules)


def _check(cls: Any, name: str, value: Any, rules: Any) -> None:
    """Check the value of one setting of a class."""
    rule, tests, choices, classes = rules
    if classes and type(value) not in classes and not _fits(value, classes):
        allowed = " or ".join(PLAIN[kind] for kind in classes)
        msg = f"{name_of(cls)}: {name} must be {allowed}, given {value!r}"
        raise InputError(msg)
    if tests and isinstance(value, (int, float)) and not all(compare(value, bound) for compare, bound in tests):
        msg = f"{name_of(cls)}: {name} must be {rule}, given {value!r}"
        raise InputError(msg)
    if choices and value not in choices:
        hint = nearest(str(value), choices)
        msg = f"{name_of(cls)}: {name} must be one of {', '.join(map(repr, choices))}, given {value!r}{hint}"
        raise InputError(msg)
    if not isinstance(value, (int, float, str, NoneType)) and is_dataclass(type(value)):
        check_settings(value)


def build(cls: Any, settings: dict[str, Any]) -> Any:
    """Construct `cls` from settings by name and check them.

    Raises
    ------
    InputError
        For an unknown setting (with the nearest name), a missing one, a value out of range, or a class that cannot
        be built.
    """
    known = settings_of(cls)
    for name in settings:
        if name not in known:
            allowed = ", ".join(known) or "none"
            msg = f"{name_of(cls)} has no setting {name!r}{nearest(name, known)} (settings: {allowed})"
            raise InputError(msg)
    missing = [
        n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING and n not in settings
    ]
    if missing:
        msg = f"{name_of(cls)} needs a value for {', '.join(missing)}"
        raise InputError(msg)
    unwritten = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
    if unwritten:
        msg = f"{name_of(cls)} is not complete: write {unwritten}"
        raise InputError(msg)
    try:
        item = cls(**settings)
    except InputError:
        raise
    except Exception as error:  # a user's class may raise anything
        msg = f"{name_of(cls)} cannot be built: {worded(error)}"
        raise InputError(msg) from error
    check_settings(item)
    return item

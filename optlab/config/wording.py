"""What pydantic found, in the words of a person: what is allowed, what was given, the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from optlab.config.text import Document, Path_
from optlab.core.status import nearest

TYPES = {
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "mapping": "a mapping",
    "model": "a mapping",
    "none_required": "null",
    "finite_number": "a finite number",
}
BOUNDS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
SINGLE = ("text", "true or false", "a number")
"""Asked for together: anything that is not a list or a mapping."""
LONGEST = 60


def shown(value: Any) -> str:
    """Return a value as it is quoted in an error: short, in YAML's words."""
    text = {None: "null", True: "true", False: "false"}.get(value) if value is None or isinstance(value, bool) else None
    text = text or repr(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def requirement(error: Mapping[str, Any]) -> str:
    """Return what one pydantic error asks for, to follow "must be"."""
    kind, context = error["type"], error.get("ctx", {})
    for name, sign in BOUNDS.items():
        if name in context:
            return f"{sign} {context[name]:g}" if isinstance(context[name], (int, float)) else f"{sign} {context[name]}"
    if kind == "string_pattern_mismatch":
        return "letters, digits, dots, dashes and underscores, a letter or digit first"
    if kind == "literal_error":
        return "one of " + str(context["expected"]).replace(" or ", ", ")
    for name, words in TYPES.items():
        if kind.startswith(name):
            return words
    if kind in ("too_short", "too_long"):
        least, most = context.get("min_length"), context.get("max_length")
        return f"a list of at least {least}" if kind == "too_short" else f"a list of at most {most}"
    return str(error["msg"][:1].lower() + error["msg"][1:]).removeprefix("input should be ")


def describe(errors: Iterable[Mapping[str, Any]], given: Any) -> str:
    """Return one message for the errors of one value; the branches of a union are joined by "or"."""
    found = list(errors)
    custom = [str(e["ctx"]["error"]) for e in found if e["type"] == "value_error"]
    if custom:
        return custom[0]
    wishes = list(dict.fromkeys(requirement(e) for e in found))
    if set(SINGLE) <= set(wishes):
        wishes = ["a single value"]
    hint = ""
    for error in found:
        if error["type"] == "literal_error" and isinstance(given, str):
            hint = nearest(
                given, [w.strip("'") for w in str(error["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
            )
    return f"must be {' or '.join(wishes)}, given {shown(given)}{hint}"


def report(document: Document, errors: Iterable[Mapping[str, Any]], model: type[BaseModel]) -> None:
    """Report pydantic's errors about `document.data` where they stand in the text."""
    values: dict[Path_, list[Mapping[str, Any]]] = {}
    for error in errors:
        parts = tuple(error["loc"])
        if error["type"] == "extra_forbidden":
            key = str(parts[-1])
            tail = _deeper(key, model, parts[:-1]) or hint(key, _keys(model, parts[:-1]), "keys")
            document.report(_existing(document, parts), f"unknown key {key!r}{tail}", key=True)
        elif error["type"] == "missing":
            path = _existing(document, parts[:-1])
            document.report(path, f"the key {parts[-1]!r} is missing", key=True)
        else:
            values.setdefault(_existing(document, parts), []).append(error)
    for path, found in values.items():
        names = [part for part in path if isinstance(part, str)]
        name = f"{names[-1] if names else 'the file'}{':' if found[0]['type'] == 'value_error' else ''}"
        document.report(path, f"{name} {describe(found, found[0]['input'])}")


def hint(name: str, allowed: Iterable[str], what: str) -> str:
    """Return the nearest valid name as the tail of an error, or all of them where none is near."""
    names = list(allowed)
    return nearest(name, names) or f" ({what}: {', '.join(names) or 'none'})"


def _existing(document: Document, parts: tuple[Any, ...]) -> Path_:
    """Return the path in the data that a pydantic location means, without the tags of unions."""
    value = document.data
    path: Path_ = ()
    for part in parts:
        inside = (isinstance(value, dict) and part in value) or (
            isinstance(value, list) and isinstance(part, int) and part < len(value)
        )
        if inside:
            value, path = value[part], (*path, part)
    return path


def _keys(model: type[BaseModel], parts: tuple[Any, ...]) -> list[str]:
    """Return the keys allowed where a location leads."""
    models = [model]
    for part in parts:
        for candidate in models:
            by_key = {f.alias or name: f.annotation for name, f in candidate.model_fields.items()}
            if part in by_key:
                models = _models(by_key[part])
                break
    return [f.alias or name for candidate in models for name, f in candidate.model_fields.items()]


def _deeper(key: str, model: type[BaseModel], parts: tuple[Any, ...]) -> str:
    """Say that a key belongs one level deeper, where it does."""
    outer = next((name for name in _keys(model, parts) if key in _keys(model, (*parts, name))), "")
    return f"; it belongs under {outer!r}" if outer else ""


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if hasattr(annotation, "__value__"):
        return _models(annotation.__value__)
    return [m for a in get_args(annotation) for m in _models(a)]

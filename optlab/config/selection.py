"""Suites and selections: one line of YAML that stands for many problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from optlab.config.claims import Model
from optlab.config.text import Document, Path_
from optlab.config.wording import describe, hint, shown
from optlab.core.settings import settings_of
from optlab.core.status import InputError
from optlab.registry import Catalogue, Entry, suites

KEYS = ("suite", "select")
"""Keys that make an item of `problems:` stand for several."""
ZIP = "zip"
CONSTRAINTS = ("set", "bounds", "equality", "inequality", "composite")


class Size(Model):
    """A range of n."""

    min: int | None = Field(None, ge=1)
    max: int | None = Field(None, ge=1)


def _range(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"min": value, "max": value}
    if value is not None and not isinstance(value, dict):
        msg = f"must be a whole number, or {{min: …, max: …}}, given {shown(value)}"
        raise ValueError(msg)
    return value


class Select(Model):
    """What a problem must be to be selected; everything that is given must hold."""

    suite: str | list[str] | None = Field(None, description="In one of these suites.")
    tags: str | list[str] = Field([], description="With all of these tags.")
    without: str | list[str] = Field([], description="With none of these tags.")
    constraints: str | list[str] | None = Field(
        None, description='"none", "any", or the kinds of constraint that there may be, at least one of them.'
    )
    n: Annotated[Size | None, BeforeValidator(_range, json_schema_input_type=Size | int | None)] = Field(
        None, description="The number of variables, or its {min, max}."
    )
    known: str | list[str] = Field([], description='"optimum", "solution": what must be known.')
    exclude: str | list[str] = Field([], description="Names to leave out.")


def words(value: str | Sequence[str] | None) -> list[str]:
    """Return one word or several as a list."""
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def tags_of(catalogue: Catalogue) -> list[str]:
    """Return every tag that a problem has."""
    entries = (catalogue.entry("problems", name) for name in catalogue.names("problems"))
    return sorted({tag for entry in entries for tag in entry.attributes.get("tags", ())})


class Selector:
    """Finds the problems that an item of `problems:` stands for, and reports what is wrong with it."""

    def __init__(self, document: Document, catalogue: Catalogue) -> None:
        self.document, self.catalogue = document, catalogue

    def expand(self, item: Any, path: Path_, own: Sequence[str]) -> list[dict[str, Any]]:
        """Return the specifications {name, settings} that an item with a suite or a selection stands for.

        A setting goes to every problem that has it; `own` are keys of the item that every problem takes.
        """
        given = [key for key in KEYS if key in item]
        if len(given) > 1 or "name" in item:
            both = " and ".join(key for key in ("name", *KEYS) if key in item)
            self.document.report(path, f"give a name, a suite or a selection, not {both}")
            return []
        names = self._suite(item["suite"], (*path, "suite")) if "suite" in item else []
        wanted = None
        if "select" in item:
            wanted = self._select(item["select"], (*path, "select"))
            names = [] if wanted is None else self._matching(wanted, (*path, "select"))
        names = self._without(names, item.get("exclude"), (*path, "exclude"))
        settings = {key: value for key, value in item.items() if key not in (*KEYS, "exclude", *own)}
        known = {name: settings_of(self.catalogue.find("problems", name)) for name in names}
        for key in settings:
            if names and not any(key in fields for fields in known.values()):
                tail = hint(key, sorted({k for fields in known.values() for k in fields} | set(own)), "settings")
                self.document.report((*path, key), f"none of these {len(names)} problems has a setting {key!r}{tail}",
                                     key=True)  # fmt: skip
                return []
        shared = {key: item[key] for key in own if key in item}
        specs = [{"name": name, **{k: v for k, v in settings.items() if k in known[name]}, **shared} for name in names]
        if ZIP in shared:
            specs = [_zipped(spec, set(settings) - set(known[spec["name"]])) for spec in specs]
        return self._sized(specs, wanted, path) if wanted is not None and wanted.n is not None else specs

    def _suite(self, given: Any, path: Path_) -> list[str]:
        there = suites(self.catalogue)
        if not isinstance(given, str) or given not in there:
            tail = hint(given, there, "suites") if isinstance(given, str) else f" (suites: {', '.join(there)})"
            self.document.report(path, f"unknown suite {shown(given)}{tail}")
            return []
        return there[given]

    def _select(self, given: Any, path: Path_) -> Select | None:
        if not isinstance(given, dict):
            keys = ", ".join(Select.model_fields)
            message = f"select is a mapping such as {{tags: [convex]}} (keys: {keys}), given {shown(given)}"
            self.document.report(path, message)
            return None
        try:
            wanted = Select.model_validate(given)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                where = [p for p in fault["loc"] if p in Select.model_fields or p in Size.model_fields]
                extra = fault["type"] == "extra_forbidden"
                key = str(fault["loc"][-1])
                of, known = (where[-1], Size.model_fields) if where else ("select", Select.model_fields)
                message = (
                    f"{of} has no key {key!r}{hint(key, known, 'keys')}"
                    if extra
                    else f"{key if not where else where[0]} {describe([fault], fault['input'])}"
                )
                self.document.report((*path, *(where or ([key] if extra else []))), message, key=extra)
            return None
        choices = (
            ("suite", words(wanted.suite), list(suites(self.catalogue))),
            ("tags", words(wanted.tags), tags_of(self.catalogue)),
            ("without", words(wanted.without), tags_of(self.catalogue)),
            ("constraints", words(wanted.constraints), ["none", "any", *CONSTRAINTS]),
            ("known", words(wanted.known), ["optimum", "solution"]),
            ("exclude", words(wanted.exclude), self.catalogue.names("problems")),
        )
        right = True
        for key, asked, allowed in choices:
            for word in asked:
                if word not in allowed:
                    self.document.report((*path, key), f"{key}: there is no {word!r}{hint(word, allowed, 'allowed')}")
                    right = False
        if wanted.n is not None and (wanted.n.min or 1) > (wanted.n.max or inf):
            self.document.report((*path, "n"), f"n: min must be at most max = {wanted.n.max}, given {wanted.n.min}")
            right = False
        return wanted if right else None

    def _matching(self, wanted: Select, path: Path_) -> list[str]:
        rules = _rules(wanted)
        found = []
        for name in self.catalogue.names("problems"):
            if all(rule(self.catalogue.entry("problems", name)) for rule in rules):
                known = self.catalogue.make("problems", name).known if words(wanted.known) else None
                if all(getattr(known, fact) is not None for fact in words(wanted.known)):
                    found.append(name)
        if not found:
            self.document.report(path, "no problem of the catalogue is all of this")
        return found

    def _without(self, names: list[str], given: Any, path: Path_) -> list[str]:
        leave = words(given) if given is None or isinstance(given, (str, list)) else [str(given)]
        for name in leave:
            if names and name not in names:
                self.document.report(path, f"exclude: {name!r} is not among them{hint(name, names, 'problems')}")
        return [name for name in names if name not in leave]

    def _sized(self, specs: list[dict[str, Any]], wanted: Select, path: Path_) -> list[dict[str, Any]]:
        """Keep the problems whose n, with what was set, is in the range."""
        size = wanted.n
        assert size is not None
        found = []
        for spec in specs:
            plain = {k: v for k, v in spec.items() if k != ZIP and not isinstance(v, (dict, list))}
            try:
                n = self.catalogue.make("problems", plain).n
            except InputError as error:
                self.document.report(path, f"{spec['name']}: {error}")
                continue
            if (size.min or 1) <= n <= (size.max or n):
                found.append(spec)
        if specs and not found:
            self.document.report((*path, "select", "n"), f"none of the {len(specs)} problems selected has such an n")
        return found


def _zipped(spec: dict[str, Any], absent: set[str]) -> dict[str, Any]:
    """Return a specification whose zip leaves out the settings that its problem does not have."""
    given = spec[ZIP]
    groups = [given] if isinstance(given, list) and all(isinstance(word, str) for word in given) else given
    if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
        return spec  # it is reported where zips are read
    kept = [[word for word in group if word not in absent] for group in groups]
    kept = [new for new, old in zip(kept, groups, strict=True) if new == old or len(new) > 1]
    return spec | {ZIP: kept} if kept else {key: value for key, value in spec.items() if key != ZIP}


def _rules(wanted: Select) -> list[Callable[[Entry], bool]]:
    tags, without, inside = set(words(wanted.tags)), set(words(wanted.without)), set(words(wanted.suite))
    kinds, exclude = set(words(wanted.constraints)), set(words(wanted.exclude))

    def constraints(entry: Entry) -> bool:
        there = set(entry.attributes.get("constraints", ()))
        if not kinds:
            return True
        if "none" in kinds and not there:
            return True
        return bool(there) and ("any" in kinds or there <= kinds)

    return [
        lambda entry: tags <= set(entry.attributes.get("tags", ())),
        lambda entry: not without & set(entry.attributes.get("tags", ())),
        lambda entry: not inside or bool(inside & set(entry.attributes.get("suites", ()))),
        lambda entry: entry.name not in exclude,
        constraints,
    ]


def is_selection(item: Any) -> bool:
    """Whether an item of `problems:` stands for several problems."""
    return isinstance(item, dict) and any(key in item for key in KEYS)

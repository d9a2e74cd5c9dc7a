"""YAML text as plain data that remembers where each value stands, and errors that point at it.

YAML 1.2: `1e-3` is a number, `no` is text. Nothing is ever constructed from a tag, so no text executes code.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optlab.core.status import OptlabError

MAX_BYTES = 1_000_000
"""Size cap of a file."""
MAX_VALUES = 50_000
"""Cap on values, aliases written out; an alias bomb ends here."""
MAX_DEPTH = 40
"""Cap on nesting; a value that contains itself ends here."""
WIDTH = 160
"""Longest stretch of a source line that an error shows."""
PREFIX = "tag:yaml.org,2002:"
PLAIN = frozenset({"null", "bool", "int", "float"})

Path_ = tuple[str | int, ...]
"""Where a value is in the data: keys and list positions from the root."""


@dataclass(frozen=True)
class Fault:
    """One mistake: `where` as ``file:line:column`` or ``argument N``, what is wrong, and the line with its caret."""

    where: str
    message: str
    line: str = ""
    column: int = 0
    order: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}"
        if self.line.strip():
            skip = max(0, self.column - WIDTH // 2)
            shown = self.line.replace("\t", " ")[skip : skip + WIDTH].rstrip()
            text += f"\n    {shown}\n    {' ' * (self.column - skip)}^"
        return text


class ConfigError(OptlabError):
    """A configuration with mistakes; its text shows every one of them, `errors` lists them."""

    def __init__(self, errors: Iterable[Fault]) -> None:
        self.errors = sorted(dict.fromkeys(errors), key=lambda fault: fault.order)
        super().__init__("\n".join(map(str, self.errors)))


class Document:
    """Plain data (dict, list, str, numbers, None) with the place of every key and value, and the faults found in it.

    Attributes
    ----------
    data : object
        The data, overrides applied.
    faults : list of Fault
        What was reported so far; `check` raises them all at once.
    """

    def __init__(self, data: Any, name: str, lines: list[str] | None = None) -> None:
        self.data, self.name, self.lines = data, name, lines or []
        self.faults: list[Fault] = []
        self._values: dict[Path_, tuple[int, int]] = {}
        self._keys: dict[Path_, tuple[int, int]] = {}
        self._arguments: dict[Path_, tuple[int, str]] = {}

    def report(self, path: Path_, message: str, *, key: bool = False) -> None:
        """Note a mistake about the value at `path`, or about its key."""
        fault = self._locate(path, message, key)
        if fault not in self.faults:
            self.faults.append(fault)

    def check(self) -> None:
        """Raise a ConfigError if anything was reported."""
        if self.faults:
            raise ConfigError(self.faults)

    def override(self, number: int, argument: str) -> None:
        """Apply argument `number`, ``dotted.path=value`` with the value in YAML; list positions count from 0."""
        name, equals, text = argument.partition("=")
        parts = name.strip().split(".")
        where = f"argument {number}"
        order = (-1, number)
        if not equals or not all(parts):
            self.faults.append(Fault(where, f"{argument!r} is not of the form key=value", order=order))
            return
        try:
            value = parse(text, where, one_line=True).data
        except ConfigError as error:
            self.faults += [
                Fault(where, fault.message, argument, fault.column + len(name) + 1, order) for fault in error.errors
            ]
            return
        holder = self.data
        path: Path_ = ()
        for position, part in enumerate(parts):
            step: str | int = int(part) if isinstance(holder, list) and part.isdecimal() else part
            path = (*path, step)
            last = position == len(parts) - 1
            if isinstance(holder, dict) and isinstance(step, str):
                holder[step] = value if last else holder.get(step, {})
            elif isinstance(holder, list) and isinstance(step, int) and step < len(holder):
                holder[step] = value if last else holder[step]
            else:
                there = (
                    f"has {len(holder)} items, counted from 0" if isinstance(holder, list) else "holds a single value"
                )
                column = len(".".join(parts[:position])) + 1 if position else 0
                above = ".".join(parts[:position]) or "the file"
                self.faults.append(
                    Fault(where, f"there is no {part!r} to set: {above} {there}", argument, column, order)
                )
                return
            holder = holder[step]
        self._arguments[path] = (number, argument)

    def _locate(self, path: Path_, message: str, key: bool) -> Fault:
        for length in range(len(path), 0, -1):
            if path[:length] in self._arguments:
                number, argument = self._arguments[path[:length]]
                column = 0 if key and length == len(path) else argument.index("=") + 1
                return Fault(f"argument {number}", message, argument, column, (-1, number))
        if not self.lines:
            dotted = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
            return Fault(": ".join(part for part in (self.name, dotted) if part), message)
        place = self._keys.get(path) if key else None
        while place is None:
            place = self._values.get(path, (0, 0) if not path else None)
            path = path[:-1]
        row, column = place
        return Fault(
            f"{self.name}:{row + 1}:{column + 1}",
            message,
            self.lines[row] if row < len(self.lines) else "",
            column,
            place,
        )


def read(path: Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    ConfigError
        When it cannot be read, is too large, is not UTF-8, or is not YAML.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ConfigError([Fault(str(path), f"the file is larger than {MAX_BYTES:,} bytes")])
        return parse(raw.decode("utf-8-sig"), str(path))
    except OSError as error:
        raise ConfigError([Fault(str(path), f"cannot be read: {error.strerror or error}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Fault(str(path), f"is not UTF-8 text (byte {error.start})")]) from error


def parse(text: str, name: str, *, one_line: bool = False) -> Document:
    """Turn YAML text into a Document; `one_line` allows a single value, as in an argument.

    Raises
    ------
    ConfigError
        For text that is not YAML. Duplicate keys and tags are reported on the document instead, so that they
        do not hide other mistakes; an argument raises for them too.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    document = Document(None, name, text.splitlines() or [""])
    yaml = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            root = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        row, column = (mark.line, mark.column) if mark else (0, 0)
        if row >= len(document.lines):  # the end of the text: point behind its last character
            row, column = len(document.lines) - 1, len(document.lines[-1])
        line = document.lines[row]
        problem = _in_words(error.problem or "this is not YAML")
        if line[column : column + 1] in ("\t", ">", "!", "%", "@", "`"):
            problem += " (indent with spaces)" if line[column] == "\t" else " (put it in quotes)"
        where = f"{name}:{row + 1}:{column + 1}"
        raise ConfigError([Fault(where, problem, line, column, (row, column))]) from error
    except YAMLError as error:
        raise ConfigError([Fault(name, str(error).splitlines()[0])]) from error
    except RecursionError as error:
        raise ConfigError([Fault(name, "is nested too deeply")]) from error
    if root is not None:
        document.data = _Reader(document, yaml.constructor).plain(root, ())
    if one_line:
        document.check()
    return document


def _in_words(problem: str) -> str:
    """Return what a YAML parser objects to without the words of its grammar."""
    if problem.startswith("expected <block end>"):
        return "the indentation does not fit the lines above"
    if problem == "but found another document":
        return "a second document begins here; an experiment is one"
    return problem.replace("<stream end>", "the end of the text")


class _Reader:
    """Walks the nodes of a document once, aliases written out."""

    def __init__(self, document: Document, constructor: Any) -> None:
        self.document, self.constructor = document, constructor
        self.count = 0

    def plain(self, node: Any, path: Path_) -> Any:
        place = (node.start_mark.line, node.start_mark.column)
        self.document._values.setdefault(path, place)
        self.count += 1
        if self.count > MAX_VALUES or len(path) > MAX_DEPTH:
            what = "too many values" if self.count > MAX_VALUES else "values nested too deeply"
            self.document.report(path, f"{what}, aliases written out (at most {MAX_VALUES:,} values, {MAX_DEPTH} deep)")
            self.document.check()
        tag = str(node.tag or "")
        if node.id == "mapping":
            self._expect(tag, "map", path)
            return self._mapping(node, path)
        if node.id == "sequence":
            self._expect(tag, "seq", path)
            return [self.plain(item, (*path, i)) for i, item in enumerate(node.value)]
        kind = tag.removeprefix(PREFIX)
        if kind not in PLAIN:
            self._expect(tag if kind not in ("timestamp", "value") else PREFIX + "str", "str", path)
            return str(node.value)
        try:
            return self.constructor.construct_object(node)
        except Exception:
            self.document.report(path, f"{node.value!r} is not a value of the type {kind}")
            return None

    def _expect(self, tag: str, kind: str, path: Path_) -> None:
        if tag != PREFIX + kind:
            shown = "!!" + tag.removeprefix(PREFIX) if tag.startswith(PREFIX) else tag
            self.document.report(path, f"tags are not allowed: {shown} (text that begins with ! needs quotes)")

    def _mapping(self, node: Any, path: Path_) -> dict[str, Any]:
        data: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, here = str(key_node.value), (*path, str(key_node.value))
            place = (key_node.start_mark.line, key_node.start_mark.column)
            if key_node.id != "scalar":
                self.document._values.setdefault((*path, "?"), place)
                self.document.report((*path, "?"), "a key must be text")
            elif key_node.tag == PREFIX + "merge":
                for source in value_node.value if value_node.id == "sequence" else [value_node]:
                    value = self.plain(source, (*path, "<<"))
                    merged = {**(value if isinstance(value, dict) else {}), **merged}
            elif key in data:
                first = self.document._keys[here][0] + 1
                self.document._keys[here], kept = place, self.document._keys[here]
                self.document.report(here, f"duplicate key {key!r}, first given in line {first}", key=True)
                self.document._keys[here] = kept
            else:
                self.document._keys[here] = place
                data[key] = self.plain(value_node, here)
        return {**merged, **data}

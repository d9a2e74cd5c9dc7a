"""The registry: the file system itself. Names come from a text scan; only named classes are imported."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from optlab.core.settings import build, classes_of, snake_case, type_of
from optlab.core.status import InputError, nearest
from optlab.outline import outline
from optlab.plugins import load_plugin

ROOTS: dict[str, tuple[str, ...]] = {
    "optimizers": ("Optimizer", "LineSearchOptimizer", "TrustRegionOptimizer", "ForeignOptimizer"),
    "problems": ("ProblemBase",),
    "columns": ("Column",),
    "plots": ("Plot",),
    "searches": ("LineSearch",),
    "sets": ("ConvexSet",),
    "executors": ("Executor",),
    "transforms": ("Transform",),
    "schedules": ("Schedule",),
    "initial_steps": ("InitialStep",),
    "modifications": ("Modification",),
    "step_rules": ("StepRule",),
}
"""Kind → the base classes whose subclasses belong to it."""
HOMES = {"searches": "optlab.linesearch", "initial_steps": "optlab.linesearch", "modifications": "optlab.kernels",
         "step_rules": "optlab.optimizers", "problems": "optlab_problems"}  # fmt: skip
PACKAGES = {kind: HOMES.get(kind, f"optlab.{kind}") for kind in ROOTS}
WORDS = {"searches": "line search", "initial_steps": "initial step", "step_rules": "step rule"}
SINGULAR = {kind: WORDS.get(kind, kind.removesuffix("s")) for kind in ROOTS}
INNER = {"LineSearch": "searches", "Optimizer": "optimizers", "ConvexSet": "sets", "Schedule": "schedules",
         "InitialStep": "initial_steps", "Modification": "modifications", "StepRule": "step_rules"}  # fmt: skip
"""Settings of these types are built from a name or a mapping in their turn."""


@dataclass(frozen=True)
class Entry:
    """What the scan found about one class, nothing imported.

    Attributes
    ----------
    name, kind : str
        Registry name and kind ("optimizers", "problems", …).
    class_name, module : str
        Where to find the class; `module` is empty for a plug-in.
    path, line : Path, int
        The file and the line of its class statement.
    summary : str
        First line of its docstring.
    source : str
        What its docstring, or its module's, names after "Source:".
    family : str
        The folder inside the kind's package, or "plugin".
    attributes : dict
        Literal class attributes: suites, tags, needs, handles, properties, source …
    fields : tuple of str
        Names annotated in the class body with a default or without.
    methods : frozenset of str
        Names of its methods, those of bases in the same catalogue included.
    defaults : dict
        Literal defaults of its settings, inherited ones included.
    computed : frozenset of str
        Class attributes that are no literals: only the class itself can tell them.
    """

    name: str
    kind: str
    class_name: str
    module: str
    path: Path
    line: int
    summary: str = ""
    source: str = ""
    family: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    methods: frozenset[str] = frozenset()
    defaults: dict[str, Any] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Inherited:
    """What the subclasses of a class take over."""

    attributes: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    methods: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()


NOT_INHERITED = ("abstract", "name", "variants")


@dataclass(frozen=True, eq=False)
class _ClassStatement:
    node: ast.ClassDef
    path: Path
    module: str
    family: str
    text: str = ""
    """The docstring of the file."""

    @property
    def bases(self) -> list[str]:
        return [b.attr if isinstance(b, ast.Attribute) else getattr(b, "id", "") for b in self.node.bases]


def _statements(files: Iterable[tuple[Path, str, str]], *, own: bool = False) -> list[_ClassStatement]:
    """Return the class statements of files; those of this project are read in outline."""
    found = []
    for path, module, family in files:
        source = path.read_bytes()
        try:
            tree = ast.parse(outline(source.decode()) if own else source, filename=str(path))
        except SyntaxError as error:
            msg = f"{path}:{error.lineno}:{error.offset}: {error.msg}"
            raise InputError(msg) from error
        text = ast.get_docstring(tree) or ""
        found += [_ClassStatement(n, path, module, family, text) for n in tree.body if isinstance(n, ast.ClassDef)]
    return found


def _literals(node: ast.ClassDef) -> tuple[dict[str, Any], dict[str, Any], frozenset[str]]:
    """Return the literal class attributes, ClassVar or plain, literal defaults of fields, and what is no literal."""
    attributes: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    computed: set[str] = set()
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            home, key, value = attributes, statement.targets[0].id, statement.value
        elif (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.value is not None
        ):
            home = attributes if _of_class(statement.annotation) else defaults
            key, value = statement.target.id, statement.value
        else:
            continue
        try:
            home[key] = ast.literal_eval(value)
        except ValueError:
            computed.add(key)
    return attributes, defaults, frozenset(computed)


def _of_class(annotation: ast.expr) -> bool:
    """Whether an annotation is ClassVar, with a type or without, in quotes or not."""
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return "ClassVar" in str(getattr(outer, "id", "") or getattr(outer, "attr", "") or getattr(outer, "value", ""))


SOURCE = re.compile(r"Source:\s*(.+?)(?:\n\s*\n|\Z)", re.DOTALL)


def _source(docstring: str) -> str:
    """Return what a docstring names as its source, in one line."""
    found = SOURCE.search(docstring)
    return " ".join(found[1].split()) if found else ""


def _entries(
    statements: Sequence[_ClassStatement], kind: str, known: Mapping[str, _Inherited]
) -> tuple[list[Entry], dict[str, _Inherited]]:
    """Find the concrete public classes of a kind: those whose bases lead, by name, to one of its roots.

    `known` has the classes of the kind in other files. Returned are the entries, and all classes of the kind,
    abstract ones too, with what they pass on.
    """
    members = {*ROOTS[kind], *known}
    chosen: list[_ClassStatement] = []
    rest = list(statements)
    while found := {statement: None for statement in rest if not members.isdisjoint(statement.bases)}:
        chosen += found
        members |= {statement.node.name for statement in found}
        rest = [statement for statement in rest if statement not in found]
    entries = []
    inherited = dict(known)
    for statement in chosen:  # bases come before the classes that build on them
        node = statement.node
        attributes, defaults, computed = _literals(node)
        own = attributes.keys()
        methods = frozenset(s.name for s in node.body if isinstance(s, ast.FunctionDef))
        for parent in (inherited[base] for base in statement.bases if base in inherited):
            attributes = {k: v for k, v in parent.attributes.items() if k not in NOT_INHERITED} | attributes
            defaults = parent.defaults | defaults
            methods |= parent.methods
            computed |= parent.computed - own
        inherited[node.name] = _Inherited(attributes, defaults, methods, computed)
        if node.name.startswith("_") or attributes.get("abstract"):
            continue
        own_fields = [s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
                      and not _of_class(s.annotation)]  # fmt: skip
        text = ast.get_docstring(node) or ""
        summary = text.split("\n", 1)[0]
        name = attributes.get("name") or snake_case(node.name)
        source = _source(text) or _source(statement.text)
        entries.append(Entry(name, kind, node.name, statement.module, statement.path, node.lineno, summary, source,
                             statement.family, attributes, tuple(own_fields), methods, defaults, computed))  # fmt: skip
    entries.sort(key=lambda entry: (entry.path, entry.line))
    return entries, inherited


def _package_files(package: str) -> list[tuple[Path, str, str]]:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return []
    root = Path(next(iter(spec.submodule_search_locations)))
    files = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if parts[-1] != "__init__":
            files.append((path, ".".join((package, *parts)), parts[0] if len(parts) > 1 else ""))
    return files


@cache
def _builtin(kind: str) -> tuple[dict[str, Entry], dict[str, _Inherited]]:
    entries, classes = _entries(_statements(_package_files(PACKAGES[kind]), own=True), kind, {})
    return _unique(entries), classes


@cache
def _third_party() -> dict[str, Entry]:
    """Problems of other installed catalogues, by the entry point group `optlab.problems`."""
    from importlib.metadata import entry_points

    found: dict[str, Entry] = {}
    for point in entry_points(group="optlab.problems"):
        if point.value != PACKAGES["problems"]:
            statements = _statements(_package_files(point.value))
            found |= _unique(_entries(statements, "problems", _builtin("problems")[1])[0])
    return found


def _plugged_in(statements: Sequence[_ClassStatement], kind: str) -> dict[str, Entry]:
    """Return the classes of a kind in plug-in files; the built-in ones are scanned only where a base needs it."""
    here = {base for bases in ROOTS.values() for base in bases} | {s.node.name for s in statements}
    elsewhere = any(base not in here for statement in statements for base in statement.bases)
    return _unique(_entries(statements, kind, _builtin(kind)[1] if elsewhere else {})[0])


def _unique(entries: list[Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        twin = found.get(entry.name)
        if twin is not None:
            msg = f"two {entry.kind} are named {entry.name!r}: {twin.path}:{twin.line} and {entry.path}:{entry.line}"
            raise InputError(msg)
        found[entry.name] = entry
    return found


class Catalogue:
    """Everything that can be named: the built-in kinds, installed catalogues and plug-in files.

    Parameters
    ----------
    plugins : paths of Python files
        Their optimizers, problems, columns, plots, searches and sets join under their own names; one that
        clashes with a built-in name is found as ``file:ClassName``.

    Raises
    ------
    InputError
        For a plug-in that does not exist, does not parse, or defines a name twice.
    """

    def __init__(self, plugins: Iterable[str | Path] = ()) -> None:
        self.plugins = tuple(Path(p).resolve() for p in plugins)
        for path in self.plugins:
            if not path.is_file():
                msg = f"plug-in {path} {'is no file' if path.exists() else 'does not exist'}"
                raise InputError(msg)
            if path.suffix != ".py":
                msg = f"plug-in {path} is no Python file (.py)"
                raise InputError(msg)
        statements = _statements((path, "", "plugin") for path in self.plugins)
        self._plugin_entries = {kind: _plugged_in(statements, kind) for kind in ROOTS} if statements else {}
        found = [entry for entries in self._plugin_entries.values() for entry in entries.values()]
        self._plugin_names = {name: e.path for e in found for name in (e.name, f"{e.path.stem}:{e.class_name}")}

    def entries(self, kind: str) -> dict[str, Entry]:
        """Return name → Entry of a kind: built-in, then plug-ins."""
        if kind not in ROOTS:
            msg = f"unknown kind {kind!r}{nearest(kind, ROOTS)} (kinds: {', '.join(ROOTS)})"
            raise InputError(msg)
        found = dict(_builtin(kind)[0])
        for name, entry in self._plugin_entries.get(kind, {}).items():
            found[f"{entry.path.stem}:{entry.class_name}" if name in found else name] = entry
        return found

    def plugins_of(self, spec: Any) -> frozenset[Path]:
        """Return the plug-in files whose classes a specification names, anywhere in it."""
        found: set[Path] = set()
        waiting = [spec] if self._plugin_names else []
        while waiting:
            part = waiting.pop()
            if isinstance(part, str):
                found.update([self._plugin_names[part]] if part in self._plugin_names else ())
            elif isinstance(part, Mapping):
                waiting += part.values()
            elif isinstance(part, (list, tuple)):
                waiting += part
        return frozenset(found)

    def names(self, kind: str) -> list[str]:
        """Return the names of a kind, sorted; installed third-party catalogues included."""
        more = _third_party() if kind == "problems" else {}
        return sorted({**more, **self.entries(kind)})

    def entry(self, kind: str, name: str) -> Entry:
        """Return what the scan knows of a name.

        Raises
        ------
        InputError
            With the nearest valid name.
        """
        found = self.entries(kind)
        if kind == "optimizers" and name == "auto":  # no method of its own: what it stands for depends on the problem
            where, summary = Path(__file__).with_name("choice.py"), "What fits the problem, chosen before the run."
            return Entry(name, kind, "Auto", "optlab.choice", where, 1, summary)
        if name not in found and kind == "problems":
            found = {**_third_party(), **found}
        if name not in found:
            msg = f"unknown {SINGULAR[kind]} {name!r}{self._hint(kind, name, found)}"
            raise InputError(msg)
        return found[name]

    def _hint(self, kind: str, name: str, found: Mapping[str, Entry]) -> str:
        """Say what a wrong name may have meant: one near it, an array of a column, a name of another kind, any."""
        near = nearest(name, found)
        makers = [e.name for e in found.values() if kind == "columns" and name in e.attributes.get("names", ())]
        others = [SINGULAR[other] for other in ROOTS if other != kind and name in self.entries(other)]
        if makers:
            return f", which {makers[0]!r} computes"
        if near or not others:
            return near or f" ({kind}: {', '.join(sorted(found))})"
        return f", which is {'an' if others[0][0] in 'aeiou' else 'a'} {others[0]} (see: optlab list {kind})"

    def words(self, entry: Entry, attribute: str, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a class attribute that is a tuple of words: as it is written; from the class where it is computed."""
        if attribute not in entry.computed:
            return tuple(entry.attributes.get(attribute, otherwise))
        try:
            found = getattr(self.find(entry.kind, entry.name), attribute)
        except ImportError:  # of an optional package
            return otherwise
        return found if isinstance(found, tuple) else otherwise

    def find(self, kind: str, name: str) -> type:
        """Import and return the class of a name.

        Raises
        ------
        InputError
            For an unknown name, or a class that is not a dataclass though it has settings.
        """
        entry = self.entry(kind, name)
        module = importlib.import_module(entry.module) if entry.module else load_plugin(entry.path)
        cls: type = getattr(module, entry.class_name)
        missing = [f for f in entry.fields if f not in getattr(cls, "__dataclass_fields__", {})]
        if missing:
            given = ", ".join(missing)
            where = f"{entry.path}:{entry.line}"
            msg = f"{where}: {entry.class_name} has settings ({given}): decorate it with @dataclass(frozen=True)"
            raise InputError(msg)
        return cls

    def make(self, kind: str, spec: Any) -> Any:
        """Build an object from "name", {"name": …, setting: value, …}, or an instance (returned as it is).

        Settings that are themselves line searches, optimizers or sets may be given in the same way, and lists of them
        where the class attribute `many` says of which kind; a problem may also have `transforms`: one or a list of
        them, the first applied first.

        Raises
        ------
        InputError
            For an unknown name or setting, or a value out of range.
        """
        if not isinstance(spec, (str, dict)):
            return spec
        settings = {"name": spec} if isinstance(spec, str) else dict(spec)
        chain = settings.pop("transforms", ()) if kind == "problems" else ()
        name = settings.pop("name", None)
        if not isinstance(name, str):
            msg = f"a {SINGULAR[kind]} needs a name, given {spec!r}"
            raise InputError(msg)
        cls = self.find(kind, name)
        made = build(cls, {key: self._inner(cls, key, value) for key, value in settings.items()})
        for transform in [chain] if isinstance(chain, (str, dict)) else chain or ():
            made = self.make("transforms", transform).apply(made)
        return made

    def _inner(self, cls: type, key: str, value: Any) -> Any:
        many = getattr(cls, "many", {}).get(key)
        if many and isinstance(value, (list, tuple)):
            return tuple(self.make(many, part) for part in value)
        if isinstance(value, (str, dict)):
            inner = inner_kind(type_of(cls, key))
            if inner:
                return self.make(inner, value)
        if isinstance(value, int) and not isinstance(value, bool) and float in classes_of(type_of(cls, key)):
            return float(value)
        return value


def suites(catalogue: Catalogue) -> dict[str, list[str]]:
    """Return suite → names of its problems, plug-ins included."""
    found: dict[str, list[str]] = {}
    for name in catalogue.names("problems"):
        for suite in catalogue.entry("problems", name).attributes.get("suites", ()):
            found.setdefault(suite, []).append(name)
    return found


def inner_kind(annotation: Any) -> str:
    """Return the kind of objects that a setting of this type holds, or an empty string."""
    for cls in classes_of(annotation):
        for base in cls.__mro__:
            if base.__name__ in INNER:
                return INNER[base.__name__]
    return ""

"""Content keys: what a run depends on, so that an unchanged run is reused and a changed one is not."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)|import[ \t]+([^\n#]*))", re.MULTILINE
)
CODE = (".py", ".so", ".pyd", ".dll", ".dylib", ".c", ".cpp", ".h", ".f90", ".jl", ".R")
QUOTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*|[\w./-]{1,200}\.\w{1,5}")
"""A text that may be the name of a module, or of a file."""
OWN = ("optlab", "optlab_problems")
STARTERS = frozenset({"optlab.api"})
"""Modules that begin runs and show results: no run depends on what they import."""


def digest(data: Any) -> str:
    """Return a short hash of plain data, independent of the order of keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()[:16]


class Source(NamedTuple):
    """What a file holds, its hash, and the local files that it imports."""

    text: bytes
    digest: bytes
    imports: tuple[Path, ...]


def source_digest(path: Path, with_own: bool = True) -> str:
    """Hash a file together with the local modules that it imports, however indirectly; where they lie does not count.

    What is imported by a name in quotes counts, and so does code, compiled too, whose file is named there; data do not.
    Local is what belongs to this package (unless `with_own` is false), lies beside the file, or is found on the path
    but is not installed.
    """
    seen = _collected(path, with_own)
    each = sorted(file.name.encode() + b"\0" + source.digest for file, source in seen.items())
    return hashlib.sha256(b"".join(each)).hexdigest()[:16]


def sources(path: Path, with_own: bool = True) -> dict[Path, bytes]:
    """Return a file and the local modules that it imports, however indirectly, with what they hold."""
    return {file: source.text for file, source in _collected(path, with_own).items()}


def _collected(path: Path, with_own: bool) -> dict[Path, Source]:
    seen: dict[Path, Source] = {}
    waiting = [path.resolve()]
    while waiting:
        file = waiting.pop()
        own = _is_own(file)
        if file not in seen and (with_own or not own):
            seen[file] = _own_source(file) if own else _source(file, with_own)
            waiting += seen[file].imports
    return seen


class Original:
    """A plug-in with the Python files it imports, as they are when this is made; says later whether they still are.

    What is built at run time, such as compiled code, is not looked at.
    """

    def __init__(self, path: Path) -> None:
        self._then = {file: source for file, source in sources(path, with_own=False).items() if file.suffix == ".py"}
        self._stamps = self._now()

    @property
    def edited(self) -> bool:
        """Whether a file holds something else by now."""
        stamps = self._now()
        if stamps != self._stamps:
            if any(not file.is_file() or file.read_bytes() != source for file, source in self._then.items()):
                return True
            self._stamps = stamps
        return False

    def _now(self) -> list[tuple[int, int, int] | None]:
        found: list[tuple[int, int, int] | None] = []
        for file in self._then:
            try:
                there = file.stat()
                found.append((there.st_mtime_ns, there.st_size, there.st_ino))
            except OSError:
                found.append(None)
        return found


@cache
def _is_own(path: Path) -> bool:
    return any(home is not None and path.is_relative_to(home) for home in map(_home, OWN))


@cache
def _own_source(path: Path) -> Source:
    """Read a file of this package: once per process, which does not import it again either."""
    return _source(path, with_own=True, own=True)


def _source(path: Path, with_own: bool, own: bool = False) -> Source:
    text, files = path.read_bytes(), list[Path]()
    if path.suffix == ".py":
        imports, quoted = (_plain_imports(text), ()) if own else _imports(text)
        files += [file for target in imports for file in _files_of(target, path.parent, with_own)]
        files += [file for named in quoted for file in _quoted_files(named, path.parent, with_own)]
    return Source(text, hashlib.sha256(text).digest(), tuple(files))


def _plain_imports(source: bytes) -> Iterator[str]:
    """Yield what a file of this package may import; they are many, and all written alike."""
    for module, names, plain in IMPORT.findall(source):
        if module:
            yield module.decode()
            for name in names.decode().strip("() ").split(","):
                yield f"{module.decode()}.{name.strip().split(' ')[0]}"
        else:
            yield from (name.strip().split(" ")[0] for name in plain.decode().split(","))


@lru_cache(maxsize=64)
def _imports(source: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a file of someone else may import, and what of its texts may be the name of a module or a file."""
    import ast

    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):  # said where it is imported
        return (), ()
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return tuple(_imported(nodes)), tuple(sorted(text for text in texts if QUOTED.fullmatch(text)))


def _imported(nodes: list[Any]) -> Iterator[str]:
    import ast

    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield base
            yield from (f"{base.rstrip('.') + '.' if node.module else base}{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):  # also not beside
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.args[0].value


def _quoted_files(text: str, beside: Path, with_own: bool) -> Iterator[Path]:
    """Yield the code beside a file that a text in it may be the name of, as a path or as a module."""
    if text.endswith(CODE):
        if (beside / text).is_file():
            yield (beside / text).resolve()
    else:
        top = os.path.join(beside, text.partition(".")[0])  # noqa: PTH118  for many texts
        if os.path.isfile(f"{top}.py") or os.path.isdir(top):  # noqa: PTH112, PTH113
            yield from _files_of(text, beside, with_own)


def _files_of(module: str, beside: Path, with_own: bool) -> Iterator[Path]:
    """Yield the source of a local module; of someone else's also the packages that it lies in."""
    name = module.lstrip(".")
    names = name.split(".") if name else []
    if module.startswith("."):
        base: Path | None = beside.joinpath(*[".."] * (len(module) - len(name) - 1))
        first = 0
    elif names[0] in OWN and not with_own:
        return
    elif names[0] in OWN:
        yield from _own_files(module)
        return
    else:
        place = os.path.join(beside, names[0])  # noqa: PTH118  a plug-in is looked at for every run: a path costs more
        there = os.path.isfile(place + ".py") or os.path.isdir(place)  # noqa: PTH112, PTH113
        base, first = beside if there else _outside(names[0]), 1
    if base is not None and all(names):
        yield from _files_below(base, names, first)


@cache
def _own_files(module: str) -> tuple[Path, ...]:
    """The source of a module of this package, but not the packages that it lies in."""
    top, *names = module.split(".")
    base = _home(top)
    if base is None or not all(names) or module in STARTERS:
        return ()
    return tuple(_files_below(base, names, len(names)))


def _files_below(base: Path, names: Sequence[str], first: int) -> Iterator[Path]:
    for i in range(first, len(names) + 1):
        place = base.joinpath(*names[:i])
        candidates = ([place.with_suffix(".py")] if i else []) + [place / "__init__.py"]
        yield from (file.resolve() for file in candidates if file.is_file())


@cache
def _outside(top: str) -> Path | None:
    """The folder of a module that is on the path, but neither installed nor part of Python."""
    import sysconfig

    if top in sys.builtin_module_names or top in sys.stdlib_module_names:
        return None
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    origin = Path(spec.origin).resolve()
    installed = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")]
    if any(origin.is_relative_to(p) for p in installed) or "site-packages" in origin.parts:
        return None
    return origin.parent.parent if origin.name == "__init__.py" else origin.parent


@cache
def _home(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]).resolve() if places else None


@cache
def versions(*more: str) -> dict[str, str]:
    """Return the versions that can change a number: Python, numpy, scipy, autograd, and those of `more` packages."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in ("numpy", "scipy", "autograd", *more):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found

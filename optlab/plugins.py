"""Plug-in files: imported from their source, once per content, together with the modules beside them."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import ModuleType

from optlab.core.status import InputError, worded
from optlab.fingerprint import OWN, source_digest


def load_plugin(path: Path) -> ModuleType:
    """Import a plug-in file; an edited one, or one that imports an edited module beside it, is imported anew.

    Raises
    ------
    InputError
        When the file raises while it is imported; the message names the exception and the line.
    """
    held = _HELD.get()
    if held is None:
        return _load(path, source_digest(path, with_own=False))
    if path not in held:
        held[path] = _load(path, source_digest(path, with_own=False))
    return held[path]


@contextmanager
def looked_at_once() -> Iterator[None]:
    """Take plug-ins for unchanged meanwhile: many objects are made of them at once, and each look reads their files."""
    before = _HELD.set({})
    try:
        yield
    finally:
        _HELD.reset(before)


_HELD: ContextVar[dict[Path, ModuleType] | None] = ContextVar("held", default=None)


@cache
def _load(path: Path, digest: str) -> ModuleType:
    module = ModuleType(f"optlab_plugin_{path.stem}_{digest}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        with _neighbors(path.parent):
            # From source, not through the bytecode cache: that one misses an edit of the same size in the same second.
            exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        msg = f"plug-in {where} cannot be imported: {worded(error)}"
        if "non-frozen dataclass" in msg:
            msg += " (decorate the class with @dataclass(frozen=True))"
        raise InputError(msg) from error
    return module


@contextmanager
def _neighbors(folder: Path) -> Iterator[None]:
    """Let modules of a folder be imported, freshly; what the caller had imported from there is put back afterwards."""
    hidden = {name: module for name, module in sys.modules.items() if name in _OURS or _lies_in(module, folder)}
    for name in hidden:
        del sys.modules[name]
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = writes
        for name, module in hidden.items():
            fresh = name in _OURS and (name in sys.modules or _lies_in(module, folder))  # now, or once it is imported
            if not fresh:
                sys.modules[name] = module
        _OURS.update(name for name, module in sys.modules.items() if name not in hidden and _lies_in(module, folder))


@contextmanager
def beside(folders: Set[Path]) -> Iterator[None]:
    """Let what lies beside plug-ins be imported while their functions are called, which may import at any time."""
    known = set(sys.modules)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    added = sorted(map(str, folders))
    sys.path[:0] = added
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        for name in added:
            with suppress(ValueError):
                sys.path.remove(name)
        fresh = sys.modules.keys() - known
        _OURS.update(name for name in fresh if any(_lies_in(sys.modules[name], folder) for folder in folders))


_OURS: set[str] = set()
"""Modules beside a plug-in, imported for it and not by the caller: a later load, from any folder, replaces them."""


def _lies_in(module: object, folder: Path) -> bool:
    """Whether a module was imported from a folder, in a package there too; the plug-ins and the main program apart."""
    name, file = getattr(module, "__name__", ""), getattr(module, "__file__", None)
    top = name.partition(".")[0]
    if not file or name == "__main__" or name.startswith("optlab_plugin_") or top in OWN:
        return False
    home = f"{folder}{os.sep}"  # texts, since every module there is is looked at
    return file.startswith(home) and (os.sep not in file[len(home) :] or file.startswith(f"{home}{top}{os.sep}"))

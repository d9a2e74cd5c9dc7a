"""Plug-ins that travel: their sources and those of the local modules they import, named by what they hold."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from optlab.fingerprint import digest, sources


@dataclass(frozen=True)
class Parcel:
    """The files of some plug-ins.

    Attributes
    ----------
    name : str
        A hash of everything below.
    root : str
        The folder, on the machine they come from, that all of them lie in.
    files : dict of relative path to bytes
    plugins : tuple of str
        Which of the files are the plug-ins.
    """

    name: str
    root: str
    files: dict[str, bytes]
    plugins: tuple[str, ...]

    @classmethod
    def of(cls, plugins: tuple[str, ...]) -> Parcel:
        """Collect plug-ins."""
        found: dict[Path, bytes] = {}
        for plugin in plugins:
            found |= sources(Path(plugin), with_own=False)
        root = Path(os.path.commonpath([path.parent for path in found])) if found else Path()
        files = {path.relative_to(root).as_posix(): source for path, source in sorted(found.items())}
        names = tuple(Path(plugin).resolve().relative_to(root).as_posix() for plugin in plugins)
        return cls(digest([str(root), names, [[k, v.hex()] for k, v in files.items()]]), str(root), files, names)

    def unpack(self) -> tuple[str, ...]:
        """Write the files, once per process, and return where the plug-ins are."""
        place = _place(self.name)
        for name, source in self.files.items():
            path = place / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.with_name(f".{path.name}.{os.getpid()}")
                temporary.write_bytes(source)
                temporary.replace(path)
        return tuple(str(place / name) for name in self.plugins)

    def at_home(self, text: str) -> str:
        """Return a text with the places of the unpacked files replaced by those they come from."""
        return text.replace(str(_place(self.name)), self.root)


@cache
def _home() -> Path:
    folder = tempfile.mkdtemp(prefix="optlab-plugins-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder).resolve()


def _place(name: str) -> Path:
    return _home() / name

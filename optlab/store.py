"""The writer of a results folder: parts of many runs, renamed into place, compacted at the end.

    parts/000001/{runs,iterations,trajectories}.parquet, tables.json    what was finished within a second or so
    compacted/…                                                         complete new tables, on their way into place
    runs.parquet, iterations.parquet, trajectories.parquet, tables.json the tables; tables.json holds their checksums
    damaged/…                                                           what did not fit its checksums

Whatever ends the process, a part is there whole or not at all, and so is the set of tables.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from optlab import tables
from optlab.core.status import OptlabError
from optlab.snapshot import COMPACTED, PARTS, Snapshot, open_source, parts_of, roll_forward, write_checks
from optlab.tables import INDEX, Entry, encoding, on_disk

if TYPE_CHECKING:
    from optlab.work import Finished

LINGER = 1.0
"""Seconds that a finished run waits in memory for others before they are written together."""
PART_BYTES = 32_000_000
"""What is waiting is written at once when it is larger."""
ROW_BYTES, ARRAY_BYTES = 8_000, 120
"""What a waiting run takes beside its numbers: its row and its specification, and each of its arrays."""
LOCK, DAMAGED = ".lock", "damaged"


class Store:
    """A results folder open for writing, by one process at a time.

    Parameters
    ----------
    folder : Path
        An existing folder.

    Attributes
    ----------
    snapshot : Snapshot
        What is there.
    set_aside : list of str
        What was found damaged, in words; its runs are not in the snapshot.

    Raises
    ------
    OptlabError
        Where another process writes to the folder, and, from any method, where the disk does not take it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()  # a run may change the working folder
        self._pending: list[Entry] = []
        self._bytes = 0
        self._failure: OptlabError | None = None
        self._timer: threading.Timer | None = None
        self._buffer, self._writing = threading.Lock(), threading.Lock()
        self._lock = _locked(self.folder)
        self.set_aside: list[str] = []
        try:
            with writing(self.folder):
                roll_forward(self.folder)
                shutil.rmtree(self.folder / f".{COMPACTED}", ignore_errors=True)
                for leftover in (self.folder / PARTS).glob(".*"):
                    shutil.rmtree(leftover)
                self._open()
        except BaseException:
            self._unlock()
            raise
        self._number = max((int(p.name) for p in parts_of(self.folder)), default=0)

    def _open(self) -> None:
        self.snapshot = Snapshot(self.folder)
        moved: dict[Path, Path] = {}
        for path, why in self.snapshot.damaged:
            place = self.folder / DAMAGED
            place.mkdir(exist_ok=True)
            goal = next(p for i in range(10**6) if not (p := place / f"{i:03d}-{path.name}").exists())
            path.rename(goal)
            moved[path] = goal
            self.set_aside.append(f"{path} is damaged ({why}); it is set aside as {goal}, its runs are computed again")
        for source in self.snapshot.sources:  # what is sound of a damaged table is read from where it is now
            source.paths = {name: moved.get(path, path) for name, path in source.paths.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, key: str, finished: Finished, spec: Mapping[str, Any]) -> None:
        """Take in what a run left; it is on the disk within a second or so."""
        self._complain()
        arrays = [*finished.iterations.values(), finished.points, finished.rows]
        size = ROW_BYTES + sum(np.asarray(a).nbytes + ARRAY_BYTES for a in arrays)
        with self._buffer:
            self._pending.append((key, finished, spec))
            self._bytes += size
            if self._timer is None:
                self._timer = threading.Timer(LINGER, self._write_behind)
                self._timer.daemon = True
                self._timer.start()
        if self._bytes > PART_BYTES:
            self.flush()

    def _write_behind(self) -> None:
        try:
            self.flush()
        except OptlabError as error:
            self._failure = error

    def _complain(self) -> None:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def flush(self) -> None:
        """Write what is waiting as a part."""
        with self._writing:
            with self._buffer:
                batch, size = self._pending, self._bytes
                self._pending, self._bytes = [], 0
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = None
            if not batch:
                return
            try:
                with writing(self.folder):
                    self._write(batch)
            except BaseException:
                with self._buffer:
                    self._pending, self._bytes = batch + self._pending, size + self._bytes
                raise

    def _write(self, batch: Sequence[Entry]) -> None:
        parts = self.folder / PARTS
        parts.mkdir(exist_ok=True)
        number = self._number + 1
        temporary, goal = parts / f".{number:06d}", parts / f"{number:06d}"
        try:
            temporary.mkdir()
            for name, table in tables.part_of(batch).items():
                tables.save(temporary / f"{name}.parquet", table)
            write_checks(temporary)
            on_disk(temporary / "tables.json")
            temporary.rename(goal)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        on_disk(parts)
        self._number = number
        self.snapshot.add(open_source(goal, part=True))

    def finish(self, keys: Sequence[str], shown: Callable[[int], Mapping[str, Any]]) -> None:
        """Make one set of tables of these runs, in this order; other runs are dropped, unless there are none of these.

        Parameters
        ----------
        keys : sequence of str
            Keys that the snapshot holds, each once.
        shown : function of a position in `keys`
            What a run is called in its row; it may differ from when the run was computed.
        """
        self._failure = None  # what the timer could not write is tried again
        self.flush()
        if not keys or self._as_it_is(keys, shown):
            return
        temporary = self.folder / f".{COMPACTED}"
        with writing(self.folder):
            try:
                temporary.mkdir()
                for name in ("iterations", "trajectories"):
                    self._compact(name, keys, temporary)
                self._compact_runs(keys, shown, temporary)
                write_checks(temporary)
                on_disk(temporary / "tables.json")
                temporary.rename(self.folder / COMPACTED)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
            on_disk(self.folder)
            roll_forward(self.folder)
        self.snapshot = Snapshot(self.folder, verify=False)

    def _as_it_is(self, keys: Sequence[str], shown: Callable[[int], Mapping[str, Any]]) -> bool:
        """Whether the tables are those of these runs already."""
        snapshot = self.snapshot
        if not snapshot.in_order or snapshot.sources[0].keys != list(keys):
            return False
        wanted = [shown(i) for i in range(len(keys))]
        return snapshot.display(dict.fromkeys(name for words in wanted for name in words)) == wanted

    def _compact(self, name: str, keys: Sequence[str], folder: Path) -> None:
        import pyarrow.parquet as pq

        schema = self.snapshot.schema(name, keys)
        path, same = folder / f"{name}.parquet", self.snapshot.file_of(name, keys, schema)
        if same is not None:
            shutil.copyfile(same, path)
            on_disk(path)
            return
        with pq.ParquetWriter(path, schema, **encoding(schema)) as writer:
            for block in self.snapshot.blocks(keys):
                table = self.snapshot.gather(name, block, schema)
                writer.write_table(table, row_group_size=tables.group_rows(table))
        on_disk(path)

    def _compact_runs(self, keys: Sequence[str], shown: Callable[[int], Mapping[str, Any]], folder: Path) -> None:
        import pyarrow.parquet as pq

        kinds: dict[str, set[type]] = {}
        for rows in self._rows(keys, shown):
            tables.kinds_of(rows, kinds)
        schema = tables.typed([], kinds).schema
        path = folder / "runs.parquet"
        with pq.ParquetWriter(path, schema, **encoding(schema)) as writer:
            for rows in self._rows(keys, shown):
                writer.write_table(tables.typed(rows, kinds))
        on_disk(path)

    def _rows(self, keys: Sequence[str], shown: Callable[[int], Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of the runs table in blocks."""
        number = row = point = 0
        for block in self.snapshot.blocks(keys):
            found = []
            for key, (own, spec) in zip(block, self.snapshot.rows(block), strict=True):
                words = shown(number)
                rows, points, layout = self.snapshot.size(key)
                index = dict(zip(INDEX, (rows, row, points, point, layout), strict=True))
                found.append({"run": key, **own, **words, **index, "spec": _renamed(spec, own, words)})
                number, row, point = number + 1, row + rows, point + points
            yield found

    def close(self) -> None:
        """Write what is waiting, as far as the disk takes it, and let others write."""
        with suppress(OptlabError):
            self.flush()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _renamed(spec: str, own: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    """Return a specification with the names that are shown now."""
    names = {"label": "label", "start": "start_label"}
    changed = {names[name]: words[name] for name in names if name in words and own.get(name) != words[name]}
    return tables.plain({**json.loads(spec), **changed}) if changed else spec


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the system says against writing into an error that a person can act on."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        if error.errno == errno.ENOENT and not folder.exists():
            msg = f"the results folder {folder} is gone: somebody removed it while it was written to"
            raise OptlabError(msg) from error
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "the disk is full" if full else f"{error.strerror or error}"
        msg = f"the results folder {folder} cannot be written: {why}; its tables are intact"
        raise OptlabError(msg) from error


def _locked(folder: Path) -> int | None:
    """Keep other processes from writing to a folder until this one closes it or ends."""
    try:
        import fcntl
    except ImportError:  # a system without such locks
        return None
    with writing(folder):
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(lock, 1000).decode(errors="replace")
        os.close(lock)
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            return None  # a file system without locks
        who = f"another optlab{holder and f' ({holder})'}"
        msg = f"{who} is writing to {folder}; wait for it, or choose another folder with --results"
        raise OptlabError(msg) from error
    with suppress(OSError):  # for whoever is refused; on a full disk nobody is told
        os.ftruncate(lock, 0)
        os.write(lock, f"process {os.getpid()} on {platform.node()}, since {datetime.now():%Y-%m-%d %H:%M}".encode())
    return lock

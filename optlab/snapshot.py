"""What a results folder holds at a moment: its compacted tables and the parts beside them, read run by run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab import tables
from optlab.core.status import OptlabError
from optlab.tables import INDEX, TABLES, read_layout
from optlab.work import Finished

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from optlab.core.problem import Array

PARTS, COMPACTED, CHECKS = "parts", "compacted", "tables.json"
"""Folder of the parts; folder of complete new tables on their way into place; file of the checksums."""
BLOCK_BYTES = 32_000_000
"""How much of the tables is in memory at once while runs are read one after another."""
BLOCK_RUNS = 2_000
NUMBER = 8
TRIES, PAUSE = 50, 0.01
"""How often, and seconds apart, a folder is looked at anew whose tables are just being replaced."""
Stamp = tuple[int, int, int]


class MovedError(OptlabError):
    """The tables were replaced while they were read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"the tables of {folder} were replaced while they were read; try again")


@dataclass
class Source:
    """Three tables that belong together: those of a part, or the compacted ones.

    Attributes
    ----------
    paths : dict of Path
        By name of the table.
    keys, statuses, layouts : lists
        Of its runs, in their order.
    begins, counts : dict of (R,) int arrays
        Where in each table a run begins, and how many rows it has there.
    stamps : dict
        Which file each table is, as the system tells them apart; another may come to lie at its path.
    bad : dict of set
        Damaged row groups, by name of the table.
    """

    paths: dict[str, Path]
    keys: list[str]
    statuses: list[str]
    layouts: list[str]
    begins: dict[str, NDArray[np.int64]]
    counts: dict[str, NDArray[np.int64]]
    stamps: dict[str, Stamp | None]
    bad: dict[str, set[int]] = field(default_factory=dict)
    part: bool = False

    def read(self, name: str, rows: NDArray[np.int64], columns: Sequence[str] | None = None) -> pa.Table:
        """Return rows of a table by number, ascending; only the row groups that hold them are read.

        Raises
        ------
        MovedError
            Where another file lies there by now: its rows are those of other runs.
        """
        from pyarrow import ArrowException

        try:
            found = self._read(name, rows, columns)
        except (OSError, ArrowException):
            self._check(name)
            raise
        self._check(name)
        return found

    def _check(self, name: str) -> None:
        if stamp(self.paths[name]) != self.stamps[name]:
            raise MovedError(self.paths[name].parent)

    def _read(self, name: str, rows: NDArray[np.int64], columns: Sequence[str] | None) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.paths[name], page_checksum_verification=True) as file:
            wanted = None if columns is None else [c for c in columns if c in file.schema_arrow.names]
            edges = self.edges(file)
            groups = np.searchsorted(edges, rows, side="right") - 1
            found = []
            for group in np.unique(groups):
                table = file.read_row_group(int(group), columns=wanted)
                own = rows[groups == group] - edges[group]
                found.append(table if len(own) == len(table) else table.take(pa.array(own)))
            if not found:
                return file.schema_arrow.empty_table().select(wanted or file.schema_arrow.names)
        return pa.concat_tables(found)

    @staticmethod
    def edges(file: Any) -> NDArray[np.int64]:
        """Return the first row of each row group, and the end."""
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def whole(self) -> NDArray[np.bool_]:
        """Return which runs touch no damaged row group."""
        import pyarrow.parquet as pq

        good = np.ones(len(self.keys), dtype=bool)
        for name, bad in self.bad.items():
            with pq.ParquetFile(self.paths[name]) as file:
                edges = self.edges(file)
            begin, end = self.begins[name], self.begins[name] + self.counts[name]
            for group in bad:
                good &= (end <= edges[group]) | (begin >= edges[group + 1])
        return good


def open_source(folder: Path, bad: dict[str, set[int]] | None = None, *, part: bool = False) -> Source:
    """Open the three tables of a folder; raises OSError or ArrowException where they are not what they must be."""
    import pyarrow.parquet as pq

    bad = bad or {}
    paths = {name: table_path(folder, name) for name in TABLES}
    stamps = {name: stamp(path) for name, path in paths.items()}
    columns = ["run", "status", *INDEX]
    with pq.ParquetFile(paths["runs"], page_checksum_verification=True) as file:
        edges, lost = Source.edges(file), bad.get("runs", set())
        good = [group for group in range(file.num_row_groups) if group not in lost]
        table = file.read_row_groups(good, columns=columns)
    if table.column_names != columns:
        msg = f"{paths['runs']} has not the columns {', '.join(columns)}"
        raise OSError(msg)
    names, statuses, layouts = (table[name].to_pylist() for name in ("run", "status", "layout"))
    own = np.concatenate([np.arange(edges[g], edges[g + 1]) for g in good] or [np.empty(0)]).astype(np.int64)
    integers = {name: _integers(table[name]) for name in INDEX[:-1]}
    begins = {"runs": own, "iterations": integers["rows_from"], "trajectories": integers["points_from"]}
    counts = {"runs": np.ones_like(own), "iterations": integers["rows"], "trajectories": integers["points"]}
    for name in ("iterations", "trajectories"):
        there, needed = pq.read_metadata(paths[name]).num_rows, int((begins[name] + counts[name]).max(initial=0))
        if there < needed:
            msg = f"{paths[name]} has {there} rows, fewer than the {needed} that the runs table names"
            raise OSError(msg)
    bad = {name: groups for name, groups in bad.items() if name != "runs"}
    return Source(paths, names, statuses, layouts, begins, counts, stamps, bad, part)


def stamp(path: Path) -> Stamp | None:
    """Return what tells a file from any other that lay or will lie at its path; None where there is none."""
    try:
        there = path.stat()
    except OSError:
        return None
    return there.st_ino, there.st_size, there.st_mtime_ns


def edition(folder: Path) -> tuple[Stamp | None, tuple[str, ...]]:
    """Return what changes with every step in which the tables of a folder are replaced, and with nothing else."""
    try:
        coming = tuple(sorted(path.name for path in (folder / COMPACTED).iterdir()))
    except OSError:
        coming = ()
    return stamp(table_path(folder, "runs")), coming


def _integers(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a column without nulls; pyarrow's own way to NumPy imports pandas, which takes longer than all else."""
    return np.from_dlpack(column.combine_chunks()).astype(np.int64)


def table_path(folder: Path, name: str) -> Path:
    """Return where a table is: complete new ones may still be on their way into place."""
    coming = folder / COMPACTED / f"{name}.parquet"
    return coming if coming.is_file() else folder / f"{name}.parquet"


class Snapshot:
    """The runs of a results folder, by key.

    Parameters
    ----------
    verify : bool
        Compare the compacted tables with their checksums at once; parts always are, pages when they are read.

    Attributes
    ----------
    damaged : list of (Path, text)
        Files that are not used because their checksums do not fit, and what that means.
    """

    def __init__(self, folder: Path, *, verify: bool = True) -> None:
        self.folder = folder
        for _ in range(TRIES):
            self.edition = edition(folder)
            self._open(verify)
            if not self.outdated:
                break
            sleep(PAUSE)

    @property
    def outdated(self) -> bool:
        """Whether the tables of the folder are others by now; parts that have come since do not count."""
        return edition(self.folder) != self.edition

    def _open(self, verify: bool) -> None:
        from pyarrow import ArrowException

        folder = self.folder
        self.sources: list[Source] = []
        self.where: dict[str, tuple[int, int]] = {}
        self.damaged: list[tuple[Path, str]] = []
        if any(table_path(folder, name).is_file() for name in TABLES):
            try:
                self._add_tables(verify)
            except (OSError, ArrowException) as error:
                self.damaged += [(table_path(folder, n), str(error)) for n in TABLES if table_path(folder, n).is_file()]
        for place in parts_of(folder):
            try:
                if not is_sound_part(place):
                    self.damaged.append((place, "its checksums do not fit"))
                    continue
                self.add(open_source(place, part=True))
            except (OSError, ArrowException) as error:
                self.damaged.append((place, str(error)))

    def _add_tables(self, verify: bool) -> None:
        known = read_checks(self.folder)
        bad: dict[str, set[int]] = {}
        for name in TABLES if verify else ():
            path = table_path(self.folder, name)
            groups = tables.unsound_groups(path, known.get(name))
            if groups is None:
                msg = f"{path} is damaged"
                raise OSError(msg)
            if groups:
                bad[name] = groups
                self.damaged.append((path, f"{len(groups)} of its row groups are damaged"))
        self.add(open_source(self.folder, bad))

    def add(self, source: Source) -> None:
        """Take in the runs of a source; they replace what was there of them."""
        good, number = source.whole(), len(self.sources)
        self.sources.append(source)
        self.where.update((key, (number, i)) for i, key in enumerate(source.keys) if good[i])

    def status(self, key: str) -> str:
        """Return the status of a run, as it was written."""
        number, position = self.where[key]
        return self.sources[number].statuses[position]

    def size(self, key: str) -> tuple[int, int, str]:
        """Return how many rows of iterations and of points a run has, and its layout."""
        source, i = self._at(key)
        return int(source.counts["iterations"][i]), int(source.counts["trajectories"][i]), source.layouts[i]

    def display(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """Return these columns of the compacted runs table; None where there is none."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.sources[0].paths["runs"], page_checksum_verification=True) as file:
            there = [name for name in names if name in file.schema_arrow.names]
            rows = file.read(columns=there).to_pylist() if there else [{} for _ in self.sources[0].keys]
        return [{name: row.get(name) for name in names} for row in rows]

    @property
    def names(self) -> list[str]:
        """The columns of the compacted runs table."""
        import pyarrow.parquet as pq

        names: list[str] = pq.read_schema(self.sources[0].paths["runs"]).names
        return names

    @property
    def in_order(self) -> bool:
        """Whether there is nothing but sound compacted tables, in the order of their runs."""
        return not self.damaged and len(self.sources) == 1 and not self.sources[0].part

    def blocks(self, keys: Sequence[str]) -> Iterator[list[str]]:
        """Yield the keys in blocks of bounded size in memory."""
        block: list[str] = []
        size = 0
        for key in keys:
            size += self._bytes(key)
            block.append(key)
            if size > BLOCK_BYTES or len(block) == BLOCK_RUNS:
                yield block
                block, size = [], 0
        if block:
            yield block

    def _bytes(self, key: str) -> int:
        source, i = self._at(key)
        n, columns = read_layout(source.layouts[i])
        return int(NUMBER * (source.counts["iterations"][i] * len(columns) + source.counts["trajectories"][i] * n))

    def _at(self, key: str) -> tuple[Source, int]:
        number, position = self.where[key]
        return self.sources[number], position

    def schema(self, name: str, keys: Iterable[str]) -> pa.Schema:
        """Return the schema of the iterations or the trajectories of these runs."""
        found = [self._at(key) for key in keys]
        if name == "iterations":
            return tables.iterations_schema(
                dict.fromkeys((s.layouts[i], bool(s.counts["iterations"][i])) for s, i in found)
            )
        layouts = dict.fromkeys(s.layouts[i] for s, i in found if s.counts["trajectories"][i])
        return tables.points_schema(read_layout(text)[0] for text in layouts)

    def file_of(self, name: str, keys: Sequence[str], schema: pa.Schema) -> Path | None:
        """Return the file that holds nothing but these runs, sound, in this order and schema; None where none does."""
        import pyarrow.parquet as pq

        for number, source in enumerate(self.sources):
            if source.keys == list(keys) and not source.bad and all(self.where[key][0] == number for key in keys):
                begins, counts, path = source.begins[name], source.counts[name], source.paths[name]
                whole = (begins == np.cumsum(counts) - counts).all() and pq.read_metadata(path).num_rows == counts.sum()
                return path if whole and pq.read_schema(path).equals(schema) else None
        return None

    def width(self, keys: Iterable[str]) -> int:
        """Return the largest dimension of the points of these runs."""
        return max((read_layout(layout)[0] for layout in {self.size(key)[2] for key in keys}), default=0)

    def gather(self, name: str, keys: Sequence[str], schema: pa.Schema | None = None) -> pa.Table:
        """Return the rows of these runs in a table, in the order of the keys."""
        import pyarrow as pa

        places = np.array([self.where[key] for key in keys], dtype=np.int64).reshape(-1, 2)
        begins, counts = np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.int64)
        for number in np.unique(places[:, 0]):
            mine = places[:, 0] == number
            begins[mine] = self.sources[number].begins[name][places[mine, 1]]
            counts[mine] = self.sources[number].counts[name][places[mine, 1]]
        goal = np.cumsum(counts) - counts
        order = np.empty(int(counts.sum()), dtype=np.int64)
        found, filled = [], 0
        for number in np.unique(places[:, 0]):
            mine = np.flatnonzero(places[:, 0] == number)
            mine = mine[np.argsort(begins[mine], kind="stable")]
            rows = _ranges(begins[mine], counts[mine])
            columns = None if schema is None else schema.names
            table = self.sources[number].read(name, rows, columns)
            found.append(table if schema is None else _conform(table, schema))
            order[_ranges(goal[mine], counts[mine])] = np.arange(filled, filled + len(rows))
            filled += len(rows)
        if not found:
            return schema.empty_table() if schema is not None else pa.table({})
        table = pa.concat_tables(found)
        return table if (order == np.arange(len(order))).all() else table.take(pa.array(order))

    def table(self, name: str) -> pa.Table:
        """Return a whole table, whatever of it is still in parts."""
        keys = list(self.where)
        if name != "runs":
            return self.gather(name, keys, self.schema(name, keys))
        rows = [{"run": k, **row, "spec": spec} for k, (row, spec) in zip(keys, self.rows(keys), strict=True)]
        return tables.typed(rows, tables.kinds_of(rows))

    def rows(self, keys: Sequence[str]) -> list[tuple[dict[str, Any], str]]:
        """Return the rows of these runs as they were when they were computed, each with its specification as text."""
        found: list[Any] = [None] * len(keys)
        for part in (True, False):
            mine = [j for j, key in enumerate(keys) if self._at(key)[0].part is part]
            table = self.gather("runs", [keys[j] for j in mine])
            for j, row in zip(mine, table.to_pylist(), strict=True):
                found[j] = (json.loads(row["row"]) if part else _own_row(row), row["spec"])
        return found

    def finished(self, keys: Sequence[str]) -> Iterator[tuple[str, Finished]]:
        """Yield what these runs left."""
        for block in self.blocks(keys):
            rows = self.rows(block)
            iterations = self.gather("iterations", block, self.schema("iterations", block))
            points = self.gather("trajectories", block, self.schema("trajectories", block))
            begin = here = 0
            for key, (row, _) in zip(block, rows, strict=True):
                source, i = self._at(key)
                n, columns = read_layout(source.layouts[i])
                length, kept = int(source.counts["iterations"][i]), int(source.counts["trajectories"][i])
                own = {c: _numbers(iterations[c].slice(begin, length)).astype(kind) for c, kind in columns.items()}
                done = Finished(row, own)
                if kept:
                    done.rows = np.searchsorted(own["k"], points["k"].slice(here, kept).to_numpy())
                    done.points = flat(points["x"].slice(here, kept)).reshape(kept, n)
                begin, here = begin + length, here + kept
                yield key, done

    def trajectory(self, key: str) -> tuple[Array, Array]:
        """Return (k, x) of the kept iterates of a run, shapes (M,) and (M, n); nothing else is read."""
        source, i = self._at(key)
        if not source.counts["trajectories"][i]:
            return np.empty(0, dtype=np.int64), np.empty((0, 0))
        table = self.gather("trajectories", [key])
        return table["k"].to_numpy(), flat(table["x"]).reshape(len(table), -1)


def _own_row(row: dict[str, Any]) -> dict[str, Any]:
    return tables.as_given({k: v for k, v in row.items() if k not in HIDDEN}, json.loads(row["spec"]))


HIDDEN = frozenset({"run", "spec", *INDEX})


def _ranges(begins: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return begin, begin + 1, … of every range, one after another."""
    first = np.cumsum(counts) - counts
    return np.repeat(begins - first, counts) + np.arange(int(counts.sum()))


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    columns = [
        table[f.name].cast(f.type) if f.name in table.column_names else pa.nulls(len(table), f.type) for f in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _numbers(column: pa.ChunkedArray) -> NDArray[Any]:
    import pyarrow as pa

    filled = column.fill_null(pa.scalar(0).cast(column.type)) if column.null_count else column
    return np.array(filled.to_numpy())


def flat(column: pa.ChunkedArray) -> Array:
    """Return the numbers of a column of lists, one after another."""
    return np.array(column.combine_chunks().flatten().to_numpy(zero_copy_only=False))


# --- folders ------------------------------------------------------------------------------------


def parts_of(folder: Path) -> list[Path]:
    """Return the parts of a folder, the oldest first; none where complete tables of them are on their way."""
    if (folder / COMPACTED).is_dir():
        return []
    try:
        return sorted(p for p in (folder / PARTS).iterdir() if p.name.isdigit())
    except OSError:
        return []


def read_checks(folder: Path) -> dict[str, Any]:
    """Return the checksums of the tables of a folder, by their names; none where they cannot be read."""
    for path in (folder / COMPACTED / CHECKS, folder / CHECKS):
        try:
            found = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if isinstance(found, dict) and all(isinstance(found.get(name), dict) for name in TABLES):
            return found
    return {}


def write_checks(folder: Path) -> None:
    """Write the checksums of the tables of a folder."""
    (folder / CHECKS).write_text(
        json.dumps({name: tables.checks(folder / f"{name}.parquet") for name in TABLES}, indent=1)
    )


def is_sound_part(place: Path) -> bool:
    """Whether the tables of a part are what was written."""
    known = read_checks(place)
    return bool(known) and all(
        tables.unsound_groups(place / f"{name}.parquet", known[name]) == set() for name in TABLES
    )


def roll_forward(folder: Path) -> None:
    """Move complete new tables into place, and remove the parts that they were made of."""
    coming = folder / COMPACTED
    if coming.is_dir():
        for name in (*(f"{table}.parquet" for table in TABLES), CHECKS):
            if (coming / name).exists():
                (coming / name).replace(folder / name)
        shutil.rmtree(folder / PARTS, ignore_errors=True)
        coming.rmdir()

"""The tables of a results folder as parquet: from what runs leave to columns, encoded small, with checksums.

A run has a row in `runs`, a block of rows in `iterations` and one in `trajectories`. Its row says where these blocks
begin and how long they are, and which columns are its own (`layout`): so a run is found, and read back as it was,
without reading the others.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from optlab.work import Finished

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = ("runs", "iterations", "trajectories")
INDEX = ("rows", "rows_from", "points", "points_from", "layout")
"""Columns of `runs` that say where in the other tables a run is, and which columns it has there."""
GROUP_ROWS, GROUP_BYTES = 65_536, 8_000_000
"""Largest row group: what has to be read for one run of it."""
PIECE = 1 << 20
"""Bytes read at once for a checksum."""
Entry = tuple[str, Finished, Mapping[str, Any]]
"""A run's key, what it left, and its specification."""


def layout_of(finished: Finished) -> str:
    """Return n and the columns of a run with their types, as text; runs of a kind share it."""
    n = finished.points.shape[1] if len(finished.rows) else 0
    return json.dumps([n, {name: np.asarray(v).dtype.str for name, v in finished.iterations.items()}])


@cache
def read_layout(text: str) -> tuple[int, dict[str, np.dtype[Any]]]:
    """Return n and the type of each column."""
    n, columns = json.loads(text)
    return n, {name: np.dtype(kind) for name, kind in columns.items()}


def plain(row: Mapping[str, Any]) -> str:
    """Return a row as JSON; numbers of numpy become Python's."""
    return json.dumps(row, default=lambda value: value.item() if isinstance(value, np.generic) else str(value))


def part_of(batch: Sequence[Entry]) -> dict[str, pa.Table]:
    """Return the three tables of a part; its rows are JSON, since other runs may give the columns another type."""
    import pyarrow as pa

    columns: dict[str, list[Any]] = {name: [] for name in ("run", "status", *INDEX, "row", "spec")}
    row = point = 0
    for key, done, spec in batch:
        rows, points = len(done.iterations.get("k", ())), len(done.rows)
        index = (rows, row, points, point, layout_of(done))
        for column, value in zip(
            columns.values(), (key, done.row["status"], *index, plain(done.row), plain(spec)), strict=True
        ):
            column.append(value)
        row, point = row + rows, point + points
    keys = np.array(columns["run"], dtype=object)
    return {
        "runs": pa.table(columns),
        "iterations": _iterations([done for _, done, _ in batch], keys, columns["rows"], columns["layout"]),
        "trajectories": _points([done for _, done, _ in batch], keys, columns["points"]),
    }


def iterations_schema(layouts: Iterable[tuple[str, int]]) -> pa.Schema:
    """Return the schema that holds runs of these (layout, rows): every column of any, in a type that suits all."""
    import pyarrow as pa

    kinds: dict[str, np.dtype[Any]] = {}
    filled: set[str] = set()
    for text, rows in dict.fromkeys((text, rows > 0) for text, rows in layouts):
        for name, kind in read_layout(text)[1].items():
            if name not in kinds or (rows and name not in filled):
                kinds[name] = kind
            elif rows or name not in filled:
                kinds[name] = np.result_type(kinds[name], kind)
            if rows:
                filled.add(name)
    if not kinds:
        kinds = {name: np.dtype(float) for name in ("k", "f")}
    return pa.schema([("run", pa.string()), *((name, pa.from_numpy_dtype(kind)) for name, kind in kinds.items())])


def points_schema(widths: Iterable[int]) -> pa.Schema:
    """Return the schema that holds points of these dimensions."""
    import pyarrow as pa

    several = set(widths)
    x = pa.list_(pa.float64(), several.pop()) if len(several) == 1 else pa.large_list(pa.float64())
    return pa.schema([("run", pa.string()), ("k", pa.int64()), ("x", x)])


def _iterations(runs: Sequence[Finished], keys: Any, lengths: Sequence[int], layouts: Sequence[str]) -> pa.Table:
    """The iterations of all runs; a column that a run does not have is null there, which pandas shows as NaN."""
    import pyarrow as pa

    schema = iterations_schema(zip(layouts, lengths, strict=True))
    columns: list[Any] = [pa.array(np.repeat(keys, lengths), pa.string())]
    for field in schema.names[1:]:
        has = [field in done.iterations for done in runs]
        there = np.repeat(has, lengths).astype(bool)
        given = [np.asarray(done.iterations[field]) for done, h in zip(runs, has, strict=True) if h]
        values = np.concatenate([v for v in given if len(v)] or given or [np.empty(0)])
        if not there.all():
            filled = np.zeros(len(there), dtype=values.dtype)
            filled[there] = values
            columns.append(pa.array(filled, mask=~there))
        else:
            columns.append(pa.array(values))
    return pa.Table.from_arrays(columns, names=schema.names).cast(schema)


def _points(runs: Sequence[Finished], keys: Any, lengths: Sequence[int]) -> pa.Table:
    import pyarrow as pa

    there = [done for done, length in zip(runs, lengths, strict=True) if length]
    schema = points_schema(done.points.shape[1] for done in there)
    flat = np.concatenate([np.asarray(done.points, dtype=float).ravel() for done in there] or [np.empty(0)])
    k = np.concatenate([done.iterations["k"][done.rows] for done in there] or [np.empty(0, dtype=np.int64)])
    kind = schema.field("x").type
    if pa.types.is_fixed_size_list(kind):
        x = pa.FixedSizeListArray.from_arrays(pa.array(flat), kind.list_size)
    else:
        widths = np.repeat([done.points.shape[1] for done in there], [len(done.rows) for done in there])
        offsets = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)
        x = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(flat))
    return pa.table([pa.array(np.repeat(keys, lengths), pa.string()), pa.array(k.astype(np.int64)), x], schema=schema)


# --- the runs table -----------------------------------------------------------------------------


def kinds_of(rows: Iterable[Mapping[str, Any]], kinds: dict[str, set[type]] | None = None) -> dict[str, set[type]]:
    """Return which types the values of each column have, in the order of first appearance."""
    found = {} if kinds is None else kinds
    for row in rows:
        for name, value in row.items():
            those = found.setdefault(name, set())
            if value is not None:
                those.add(type(value))
    return found


def typed(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, set[type]]) -> pa.Table:
    """Return rows as a table with a column per name, of one type: numbers, truth values, or text where mixed."""
    import pyarrow as pa

    return pa.table({name: _mixed([row.get(name) for row in rows], there) for name, there in kinds.items()})


def _mixed(values: list[Any], there: set[type]) -> pa.Array:
    import pyarrow as pa

    if there <= {int}:
        return pa.array(values, pa.int64())
    if there <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if there <= {bool}:
        return pa.array(values, pa.bool_())
    return pa.array([None if v is None else str(v) for v in values], pa.string())


MISSING = object()


def as_given(row: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the runs table without what only other runs have, its settings in the types of its own spec."""
    own: dict[str, Any] = {}
    for name, value in row.items():
        if "." not in name:
            own[name] = value
        elif (given := _setting(spec, name.split("."))) is not MISSING or value is not None:
            same = isinstance(given, (bool, int, float, str)) and (str(given) == str(value) or given == value)
            own[name] = given if same else value
    return own


def _setting(spec: Any, path: list[str]) -> Any:
    """Return what a specification holds for ``optimizer.search.c2``; an inner object stands for its name."""
    for part in path:
        if not isinstance(spec, dict) or part not in spec:
            return MISSING
        spec = spec[part]
    return spec.get("name", MISSING) if isinstance(spec, dict) else spec


# --- files --------------------------------------------------------------------------------------


def encoding(schema: pa.Schema) -> dict[str, Any]:
    """Return the options of parquet that make these columns small: bytes of floats apart, differences of integers."""
    import pyarrow as pa

    each, text = {}, []
    for field in schema:
        if pa.types.is_floating(field.type):
            each[field.name] = "BYTE_STREAM_SPLIT"
        elif pa.types.is_integer(field.type) and field.type.bit_width >= 32:  # noqa: PLR2004
            each[field.name] = "DELTA_BINARY_PACKED"
        elif pa.types.is_string(field.type):
            text.append(field.name)
        elif pa.types.is_fixed_size_list(field.type) or pa.types.is_large_list(field.type):
            each[f"{field.name}.list.element"] = "BYTE_STREAM_SPLIT"
    return {"compression": "zstd", "use_dictionary": text, "column_encoding": each, "write_page_checksum": True}


def save(path: Path, table: pa.Table) -> None:
    """Write one table, and have it on the disk."""
    import pyarrow.parquet as pq

    pq.write_table(table, path, row_group_size=group_rows(table), **encoding(table.schema))
    on_disk(path)


def group_rows(table: pa.Table) -> int:
    """Return how many rows of a table make a row group."""
    size = GROUP_ROWS if not table.nbytes else int(GROUP_BYTES * len(table) / table.nbytes)
    return max(1, min(GROUP_ROWS, size))


def on_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, would survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a table of rows, renamed into place; what a row does not have is null."""
    temporary = path.with_name(path.name + ".tmp")
    save(temporary, typed(rows, kinds_of(rows)))
    temporary.replace(path)


def checks(path: Path) -> dict[str, Any]:
    """Return the checksums of a table: of each row group, and of the footer, which says where they are.

    The checksums of parquet's own cover the pages, but neither their headers nor the footer.
    """
    import pyarrow.parquet as pq

    data = pq.read_metadata(path)
    columns = range(data.num_columns)
    begins = [min(_begin(data.row_group(g).column(c)) for c in columns) for g in range(data.num_row_groups)]
    with path.open("rb") as file:
        footer = _footer_begin(file)
        found = [_sum(file, begin, end) for begin, end in pairwise([*begins, footer])]
        return {"groups": found, "footer": _sum(file, footer, file.seek(0, os.SEEK_END))}


def _begin(column: Any) -> int:
    first = column.dictionary_page_offset if column.has_dictionary_page else None
    return int(column.data_page_offset if first is None else min(first, column.data_page_offset))


def _footer_begin(file: BinaryIO) -> int:
    """Return where the footer of a parquet file begins; its length stands before the last four bytes."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    return max(0, size - int.from_bytes(file.read(4), "little") - 8)


def _sum(file: BinaryIO, begin: int, end: int) -> str:
    """Return the checksum of the bytes between two places."""
    file.seek(begin)
    total = hashlib.sha256()
    while begin < end and (piece := file.read(min(PIECE, end - begin))):
        total.update(piece)
        begin += len(piece)
    return total.hexdigest()


def unsound_groups(path: Path, known: Mapping[str, Any] | None) -> set[int] | None:
    """Return the row groups of a table that are damaged: an empty set where none is, None where nothing can be read.

    Parameters
    ----------
    known : mapping, optional
        What `checks` gave when it was written; without it parquet's own checksums are compared.
    """
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    try:
        if known is not None:
            with path.open("rb") as file:
                footer = _footer_begin(file)
                if _sum(file, footer, file.seek(0, os.SEEK_END)) != known.get("footer"):
                    return None
            groups = known.get("groups", ())
            return {i for i, (is_, was) in enumerate(zip(checks(path)["groups"], groups, strict=True)) if is_ != was}
        parquet = pq.ParquetFile(path, page_checksum_verification=True)
    except (OSError, ArrowException):
        return None
    bad = set()
    with parquet:
        for group in range(parquet.num_row_groups):
            try:
                parquet.read_row_group(group)
            except (OSError, ArrowException):
                bad.add(group)
    return bad

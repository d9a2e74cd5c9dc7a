"""Tables of a results folder: parquet that pandas alone can read, renamed into place, reused run by run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.work import Finished

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from optlab.core.problem import Array

TABLES = ("runs", "iterations", "trajectories")
MISSING = object()


def write(folder: Path, finished: Mapping[str, Finished], specs: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the three tables of all runs, each renamed into place.

    Parameters
    ----------
    finished : mapping of run key to Finished
    specs : mapping of run key to the run's specification
    """
    rows = [{"run": key, **done.row, "spec": json.dumps(specs[key])} for key, done in finished.items()]
    _save(folder / "iterations.parquet", _iterations(finished))
    _save(folder / "trajectories.parquet", _points_table(finished))
    write_rows(folder / "runs.parquet", rows)


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a table of rows, renamed into place; what a row does not have is null."""
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    _save(path, pa.table({name: _mixed([row.get(name) for row in rows]) for name in names}))


def _mixed(values: list[Any]) -> pa.Array:
    """A column of one type: numbers, booleans, or text where they are mixed."""
    import pyarrow as pa

    there = {type(v) for v in values if v is not None}
    if there <= {int}:
        return pa.array(values, pa.int64())
    if there <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if there <= {bool}:
        return pa.array(values, pa.bool_())
    return pa.array([None if v is None else str(v) for v in values], pa.string())


def _iterations(finished: Mapping[str, Finished]) -> pa.Table:
    """The iterations of all runs; a column that a run does not have is null there, which pandas shows as NaN."""
    import pyarrow as pa

    parts = {key: done.iterations for key, done in finished.items() if done.iterations}
    lengths = [len(part["k"]) for part in parts.values()]
    names = list(dict.fromkeys(name for part in parts.values() for name in part))
    columns: dict[str, Any] = {"run": pa.array(np.repeat(np.array(list(parts), dtype=object), lengths), pa.string())}
    for name in names:
        there = np.repeat([name in part for part in parts.values()], lengths)
        values = np.concatenate([part[name] for part in parts.values() if name in part])
        if not there.all():
            filled = np.zeros(len(there), dtype=values.dtype)
            filled[there] = values
            columns[name] = pa.array(filled, mask=~there)
        else:
            columns[name] = pa.array(values)
    if not names:
        columns |= {name: pa.array([], pa.float64()) for name in ("k", "f")}
    return pa.table(columns)


def _points_table(finished: Mapping[str, Finished]) -> pa.Table:
    import pyarrow as pa

    keys = [key for key, done in finished.items() if len(done.rows)]
    counts = [len(finished[key].rows) for key in keys]
    widths = np.repeat([finished[key].points.shape[1] for key in keys], counts)
    flat = np.concatenate([finished[key].points.ravel() for key in keys]) if keys else np.empty(0)
    k = [finished[key].iterations["k"][finished[key].rows] for key in keys]
    offsets = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)
    if len(set(widths.tolist())) == 1:
        x = pa.FixedSizeListArray.from_arrays(pa.array(flat), int(widths[0]))
    else:
        x = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(flat))
    return pa.table({
        "run": pa.array(np.repeat(np.array(keys, dtype=object), counts), pa.string()),
        "k": pa.array(np.concatenate(k) if k else np.empty(0, dtype=np.int64)),
        "x": x,
    })  # fmt: skip


def _trajectories(table: pa.Table) -> Iterable[tuple[str, Array, Array]]:
    run = np.asarray(table["run"].to_pylist(), dtype=object)
    if not len(run):
        return
    k, x = table["k"].to_numpy(), table["x"].combine_chunks()
    flat = x.flatten().to_numpy(zero_copy_only=False)
    widths = np.full(len(run), len(flat) // len(run)) if not hasattr(x, "offsets") else np.diff(x.offsets.to_numpy())
    offsets = np.concatenate([[0], np.cumsum(widths)])
    edges = np.flatnonzero(np.concatenate([[True], run[1:] != run[:-1], [True]]))
    for begin, end in pairwise(edges):
        yield run[begin], k[begin:end], flat[offsets[begin] : offsets[end]].reshape(end - begin, -1)


def read_trajectories(folder: Path) -> Iterable[tuple[str, Array, Array]]:
    """Yield (run, k, x) of every run with kept iterates, shapes (M,) and (M, n)."""
    import pyarrow.parquet as pq

    return _trajectories(pq.read_table(folder / "trajectories.parquet"))


def _save(path: Path, table: pa.Table) -> None:
    """Write one table beside its place and rename it: readers never see half a file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    floats = [f.name for f in table.schema if pa.types.is_floating(f.type)]
    text = [f.name for f in table.schema if pa.types.is_string(f.type)]
    temporary = path.with_name(path.name + ".tmp")
    pq.write_table(table, temporary, compression="zstd", use_dictionary=text, use_byte_stream_split=floats)
    temporary.replace(path)


def previous(folder: Path) -> dict[str, Finished]:
    """Return what a folder already holds, by run key; empty where there is nothing, or nothing readable.

    Every run is as it was when it was written, whatever the others beside it made of its columns. A run whose
    iterations are not there, because the writing was cut short, is left out.
    """
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    try:
        tables = [pq.read_table(folder / f"{name}.parquet") for name in TABLES]
    except (OSError, ArrowException):
        return {}
    runs, iterations, trajectories = tables
    found = {row.pop("run"): Finished(_as_given(row)) for row in runs.to_pylist()}
    run = np.asarray(iterations["run"].to_pylist(), dtype=object)
    there, columns = _columns(iterations)
    if not len(run):
        for done in found.values():
            done.iterations = dict(columns)
    else:
        edges = np.flatnonzero(np.concatenate([[True], run[1:] != run[:-1], [True]]))
        for begin, end in pairwise(edges):
            if run[begin] in found:
                found[run[begin]].iterations = {
                    name: values[begin:end]
                    for name, values in columns.items()
                    if (mask := there[name]) is None or mask[begin]
                }
    for key, k, x in _trajectories(trajectories):
        if key in found and found[key].iterations:
            kept = found[key].iterations["k"]
            found[key].rows, found[key].points = np.searchsorted(kept, k), x
    return {key: done for key, done in found.items() if _is_whole(done)}


def _is_whole(done: Finished) -> bool:
    """Whether a run has its iterations, or never had any: then it has no f."""
    f = done.row.get("f")
    return f is None or isnan(f) or len(done.iterations.get("k", ())) > 0


def _columns(table: pa.Table) -> tuple[dict[str, NDArray[np.bool_] | None], dict[str, Array]]:
    """Return where each column of the iterations has values (None: everywhere), and the values."""
    there: dict[str, NDArray[np.bool_] | None] = {}
    values: dict[str, Array] = {}
    for name in table.column_names:
        if name != "run":
            column = table[name]
            there[name] = column.is_valid().to_numpy() if column.null_count else None
            values[name] = (column.fill_null(_zero(column.type)) if column.null_count else column).to_numpy()
    return there, values


def _zero(kind: pa.DataType) -> pa.Scalar:
    """Return the zero of a type; that of booleans is False."""
    import pyarrow as pa

    return pa.scalar(0).cast(kind)


def _as_given(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the runs table without what only other runs have, its settings in the types of its own spec."""
    spec = json.loads(row.pop("spec"))
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

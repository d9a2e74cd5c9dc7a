"""Several results folders made one, run by run; and the tables of one as CSV."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optlab import environment
from optlab.core.status import InputError
from optlab.results import Results, load
from optlab.snapshot import Snapshot
from optlab.store import Store, writing
from optlab.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

MACHINE = "machine"
"""Column that says where a run ran, once runs of several machines are in one table."""
SAME = ("processor", "processors", "system", "blas")
"""Facts by which two machines differ: what seconds depend on, and the last digits of numbers may."""


def merge(folders: Sequence[str | Path], into: str | Path) -> Results:
    """Write the runs of several results folders to a new one, those of the first before those of the second.

    A run that several hold is taken from the first that has it. Where the folders come from different machines, a
    column `machine` says where each run ran: seconds of different machines do not compare.

    Parameters
    ----------
    folders : sequence of paths
        Results folders, finished or not; they are not changed.
    into : path
        A folder that does not exist yet, or is empty.

    Raises
    ------
    InputError
        Where there is nothing to merge, a table is damaged, or `into` holds something.
    """
    given, goal = [load(folder) for folder in folders], Path(into)
    if not given:
        msg = "merge needs at least one results folder"
        raise InputError(msg)
    if goal.exists() and any(goal.iterdir()):
        msg = f"{goal} holds something already; merge writes to a new folder"
        raise InputError(msg)
    machines = _machines(given)
    environment.claim(goal, None)
    keys: dict[str, dict[str, Any]] = {}
    with Store(goal) as store:
        for results in given:
            snapshot = Snapshot(results.folder)
            if snapshot.damaged:
                path, why = snapshot.damaged[0]
                msg = f"{path} is damaged ({why}); run its experiment again before merging"
                raise InputError(msg)
            fresh = [key for key in snapshot.where if key not in keys]
            for block in snapshot.blocks(fresh):
                left = snapshot.finished(block)
                for (key, done), (row, spec) in zip(left, snapshot.rows(block), strict=True):
                    store.add(key, done, json.loads(spec))
                    keys[key] = {"label": row["label"], "start": row["start"]}
                    if len(set(machines)) > 1:
                        keys[key][MACHINE] = row.get(MACHINE) or machines[given.index(results)]
        shown = list(keys.values())
        store.finish(list(keys), lambda i: shown[i])
    _describe(given, machines, goal)
    return Results(goal)


def _machines(given: Sequence[Results]) -> list[str]:
    """Return a name for the machine of each folder: its processor, numbered where processors alone do not tell."""
    facts = [json.dumps([results.environment.get(name) for name in SAME]) for results in given]
    names = [str(results.environment.get("processor") or "unknown") for results in given]
    for i, name in enumerate(names):
        alike = list(dict.fromkeys(f for f, n in zip(facts, names, strict=True) if n == name))
        if len(alike) > 1:
            names[i] = f"{name} #{alike.index(facts[i]) + 1}"
    return [f"{names[facts.index(fact)]}" for fact in facts]


def _describe(given: Sequence[Results], machines: Sequence[str], goal: Path) -> None:
    """Write what the merged folder is: the first one's experiment, and everyone's environment."""
    first = given[0]
    plugins = list(dict.fromkeys(path for results in given for path in results.plugins))
    sources = {results.environment.get("source") for results in given}
    facts = {**first.environment, "schema": environment.SCHEMA, "plugins": plugins, "runs": None,
             "source": sources.pop() if len(sources) == 1 else None,
             "merged": [{"folder": str(r.folder.resolve()), "machine": machine, **r.environment}
                        for r, machine in zip(given, machines, strict=True)]}  # fmt: skip
    with writing(goal):
        (goal / "environment.json").write_text(json.dumps(facts, indent=2))
        if (first.folder / "experiment.yaml").is_file():
            shutil.copy(first.folder / "experiment.yaml", goal / "experiment.yaml")


def export_csv(results: Results, folder: str | Path) -> list[Path]:
    """Write runs.csv, iterations.csv and trajectories.csv, a block of runs at a time; return their paths.

    Components of x are columns x[0], x[1], …, as many as the largest problem has.
    """
    from pyarrow import csv

    goal, snapshot = Path(folder), results.snapshot
    keys, written = list(snapshot.where), []
    with writing(goal):
        goal.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            path = goal / f"{name}.csv"
            temporary = path.with_name(path.name + ".tmp")
            if name == "runs":
                csv.write_csv(snapshot.table(name), temporary)
            else:
                schema = snapshot.schema(name, keys)
                width = snapshot.width(keys) if name == "trajectories" else 0
                with csv.CSVWriter(temporary, _flat(schema.empty_table(), width).schema) as writer:
                    for block in snapshot.blocks(keys):
                        writer.write_table(_flat(snapshot.gather(name, block, schema), width))
            temporary.replace(path)
            written.append(path)
    return written


def _flat(table: pa.Table, width: int) -> pa.Table:
    """Return a table with a column for each component of x, null where x is shorter."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "x" not in table.column_names:
        return table
    x = table["x"].cast(pa.large_list(pa.float64())).combine_chunks()
    sizes = pc.list_value_length(x)
    columns = {name: table[name] for name in ("run", "k")}
    for j in range(width):
        enough = pc.greater(sizes, j)
        padded = x if len(x) == 0 or pc.all(enough).as_py() else pc.if_else(enough, x, None)
        columns[f"x[{j}]"] = pc.list_element(padded, j) if len(x) else pa.array([], pa.float64())
    return pa.table(columns)

"""What does it cost to record a million iterations and to write them to disk?

Ours records through the loop's recorder, makes the trace, and writes the tables of a results folder. Beside it: a dict
a row, a DataFrame, `to_parquet` as pandas does it by default. Bytes are compared, too, on the disk and at the peak in
memory; the limits are the copy of a row into an array, and the numbers themselves.
"""

from __future__ import annotations

import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from benchmarks._harness import Case, Peer
from optlab.core.optimizer import State
from optlab.core.status import Status
from optlab.core.trace import SCALARS, Keep, Recorder, Trace
from optlab.store import Store
from optlab.work import Finished, _flat_scalars, summarize

ROWS = 1_000_000
COUNTS = ("f", "gradient", "hessian", "hvp", "constraint", "jacobian", "sample")


class Rows:
    """What a run of gradient descent shows, iteration after iteration; made once, so that its making costs nothing."""

    def __init__(self, rows: int) -> None:
        random = np.random.default_rng(0)
        fall = np.exp(-np.arange(rows) / rows) * random.uniform(0.9, 1.1, rows)
        self.stationarity = (fall * random.uniform(0.5, 2.0, rows)).tolist()
        self.seconds = np.cumsum(random.uniform(4e-6, 6e-6, rows)).tolist()
        g = np.zeros(2)
        x = random.standard_normal((rows, 2))
        self.states = [State(x=x[k].copy(), f=f, g=g, k=k, step_size=1e-3) for k, f in enumerate(fall.tolist())]
        self.oracle = SimpleNamespace(**dict.fromkeys((f"n_{name}" for name in COUNTS), 0))

    def trace(self) -> Trace:
        """Record every row with the recorder of the loop."""
        recorder, oracle = Recorder(Keep(), 2), self.oracle
        for state, stationarity, seconds in zip(self.states, self.stationarity, self.seconds, strict=True):
            oracle.n_f = oracle.n_gradient = state.k
            recorder.append(state, stationarity, oracle, seconds)  # type: ignore[arg-type]
        return recorder.finish(Status.MAX_ITERATIONS, Status.MAX_ITERATIONS, "")

    def dicts(self) -> list[dict[str, Any]]:
        """Return a dict for every row, with the same numbers."""
        rows, n = [], self.oracle
        for s, stationarity, seconds in zip(self.states, self.stationarity, self.seconds, strict=True):
            n.n_f = n.n_gradient = s.k
            row = {"k": s.k, "f": s.f, "stationarity": stationarity, "step_size": s.step_size, "restarts": s.restarts,
                   "n_f": n.n_f, "n_gradient": n.n_gradient, "n_hessian": n.n_hessian, "n_hvp": n.n_hvp,
                   "n_constraint": n.n_constraint, "n_jacobian": n.n_jacobian, "n_sample": n.n_sample,
                   "seconds": seconds, "x0": s.x[0], "x1": s.x[1]}  # fmt: skip
            rows.append(row)
        return rows


def written(trace: Trace, folder: Path) -> None:
    """Write a trace as the runner does."""
    finished = Finished(summarize(trace), {**_flat_scalars(trace), "kept": trace.kept}, trace.rows, trace.points)
    with Store(folder) as store:
        store.add("0" * 16, finished, {"problem": {"name": "valley"}, "optimizer": {"name": "gradient_descent"}})
        store.finish(["0" * 16], lambda _: {"label": "GD"})


def peak(make: Callable[[], Any]) -> float:
    """Return the bytes that are held at the most while something is made."""
    tracemalloc.start()
    make()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(most)


def size(folder: Path) -> float:
    """Return the bytes of the files in a folder."""
    return float(sum(path.stat().st_size for path in folder.rglob("*.parquet")))


def cases(quick: bool) -> Iterator[Case]:
    """Yield time, memory and bytes on disk."""
    count = 2_000 if quick else ROWS
    rows, numbers = Rows(count), (len(SCALARS) + 2) * 8.0
    with tempfile.TemporaryDirectory() as name:
        ours_at, theirs_at = Path(name) / "ours", Path(name) / "theirs"
        theirs_at.mkdir()

        def ours() -> float:
            shutil.rmtree(ours_at, ignore_errors=True)
            ours_at.mkdir()
            begin = process_time()
            written(rows.trace(), ours_at)
            return (process_time() - begin) / count

        def theirs() -> float:
            begin = process_time()
            pd.DataFrame(rows.dicts()).to_parquet(theirs_at / "iterations.parquet")
            return (process_time() - begin) / count

        def copies() -> float:
            begin = process_time()
            block = np.empty((count, len(SCALARS) + 2))
            row = block[0].copy()
            for i in range(count):
                block[i] = row
            return (process_time() - begin) / count

        dicts = "dicts, DataFrame, default parquet"
        peers = {dicts: Peer(theirs, 0.25), "a row copied into an array": Peer(copies, limit=True)}
        yield Case(f"recording and writing, per row of {count:,}", ours, peers, rounds=5)
        peers = {dicts: Peer(lambda: size(theirs_at) / count, 1.0), "as numbers": Peer(lambda: numbers, limit=True)}
        yield Case("bytes on the disk, per row", lambda: size(ours_at) / count, peers, 1, "B")
    few = min(count, ROWS // 10)
    some = Rows(few)
    peers = {"dicts, DataFrame": Peer(lambda: peak(lambda: pd.DataFrame(some.dicts())) / few, 0.5),
             "as numbers": Peer(lambda: numbers, limit=True)}  # fmt: skip
    yield Case(f"memory at the peak, per row of {few:,}", lambda: peak(some.trace) / few, peers, 1, "B")

"""What tests of executors share: which processes there are, and whether two runs left the same."""

from __future__ import annotations

import os
from pathlib import Path


def family(pid=None):
    """Return the processes below one, this one by default: pid → pid of the parent.

    Without Python's resource tracker, which stays for good once a test has used a pool of the standard library.
    """
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"resource_tracker" in (folder / "cmdline").read_bytes():
                continue
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
    found, fresh = {}, {os.getpid() if pid is None else pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh and child not in found}
        found |= {child: parents[child] for child in fresh}
    return found


def same(a, b):
    """Hold two runs to have left the same, bit for bit, clock columns aside."""
    rows = [{k: v for k, v in f.row.items() if k != "seconds"} for f in (a, b)]
    assert repr(rows[0]) == repr(rows[1])
    assert a.iterations.keys() == b.iterations.keys()
    for name in a.iterations.keys() - {"seconds"}:
        assert a.iterations[name].tobytes() == b.iterations[name].tobytes(), name
    assert a.rows.tolist() == b.rows.tolist()
    assert a.points.tobytes() == b.points.tobytes()

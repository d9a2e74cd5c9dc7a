"""Measure one benchmark in a process of its own: ``python -m benchmarks._one NAME GOAL [quick]``."""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from benchmarks._harness import Row, load, measured
from optlab.executors import heap


def main(name: str, goal: str, quick: str = "") -> None:
    """Measure, case by case; a row of the goal is a JSON object, and what fails is a row too."""
    heap.keep()  # as in every process in which optlab executes runs; for the peers as well
    with Path(goal).open("w", encoding="utf-8") as file:
        what = ""
        try:
            for case in load(name)(bool(quick)):
                what = case.what
                file.writelines(json.dumps(asdict(row)) + "\n" for row in measured(name, case, quick=bool(quick)))
                file.flush()
        except Exception as error:
            traceback.print_exc()
            failure = Row(name, what, "", failed=f"{type(error).__name__}: {error}")
            file.write(json.dumps(asdict(failure)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The benchmarks run, and their gates judge: whether they are met is no matter of the tests."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the folder is not installed

from benchmarks import __main__ as table  # noqa: E402
from benchmarks import _history as history  # noqa: E402
from benchmarks._harness import Case, Peer, Row, load, measured, names, passed, question  # noqa: E402


@pytest.mark.parametrize("name", names())
def test_a_benchmark_asks_a_question_and_runs(name: str):
    assert question(name).endswith("?")
    rows = [row for case in load(name)(True) for row in measured(name, case, quick=True)]
    if name == "dispatch" and not Path("/proc/self/stat").exists():
        assert not rows
        return
    assert rows
    for row in rows:
        assert math.isfinite(row.ours or math.nan), row
        assert row.verdict in {"", "absent"}, row


def taking(*costs: float) -> Any:
    """Return a measurement with given results."""
    left = iter(costs)
    return lambda: next(left)


def test_contenders_take_turns_and_medians_are_compared():
    turns: list[str] = []

    def turn(who: str, *costs: float) -> Any:
        measure = taking(*costs)
        return lambda: (turns.append(who), measure())[1]

    peers = {"peer": Peer(turn("theirs", 100.0, 4.0, 8.0, 2.0), 0.5), "gone": Peer(None, 0.1)}
    row, absent = measured("b", Case("w", turn("ours", 100.0, 3.0, 1.0, 2.0), peers, rounds=3))
    assert turns == ["ours", "theirs"] * 4
    assert (row.ours, row.theirs, row.ratio) == (2.0, 4.0, 0.5), "the first round does not count"
    assert row.spread == (0.125, 1.0), "quartiles of 3/4, 1/8, 2/2"
    assert (row.verdict, absent.verdict) == ("met", "absent")
    assert passed([row, absent])


@pytest.mark.parametrize(("ours", "theirs"), [(2.0, 1.0), (float("nan"), 1.0), (1.0, 0.0)])
def test_what_is_above_its_gate_or_no_number_is_missed(ours: float, theirs: float):
    (row,) = measured("b", Case("w", taking(ours), {"peer": Peer(taking(theirs), 1.0)}, rounds=1))
    assert row.verdict == "MISSED"
    assert not passed([row])


def test_a_failure_does_not_pass():
    assert not passed([Row("b", "w", "", failed="ValueError: no")])


@pytest.mark.parametrize(("ratio", "code"), [(1.0, 0), (1.1, 1)])
def test_the_command_exits_with_1_at_a_missed_gate(
    ratio: float, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    row = Row("bfgs", "w", "scipy", ours=ratio, theirs=1.0, ratio=ratio, spread=(ratio, ratio), gate=1.0)
    path = tmp_path / "results" / "benchmarks.jsonl"
    monkeypatch.setattr(table, "rows_of", lambda *_, **__: [row])
    monkeypatch.setattr(history, "HISTORY", path)
    monkeypatch.setattr(table, "ROOT", tmp_path)
    assert table.main(["bfgs", "--gate"]) == code
    assert table.main(["bfgs"]) == 0, "without --gate it only tells"
    assert ("1 MISSED" if code else "1 met") in capsys.readouterr().out
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["ratio"] for line in lines] == [ratio] * 2
    assert {"time", "commit", "machine", "versions", "beside"} <= lines[0].keys()
    assert history.before(path) == {("bfgs", "w", "scipy"): ratio}


def test_an_unknown_benchmark_is_answered_with_the_nearest():
    with pytest.raises(SystemExit, match="did you mean lbfgs"):
        table.main(["lbgfs"])

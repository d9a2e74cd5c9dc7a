"""The report: one self-contained HTML file that opens without a network."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import numpy as np

from optlab.core.plot import PlotData
from optlab.core.status import Status
from optlab.kkt_table import HEAD, NUMERIC, kkt_rows
from optlab.plots.save import Picture
from optlab.plots.series import GOOD, LIMITS, named, settled
from optlab.plots.svg import inline

if TYPE_CHECKING:
    import pandas as pd

    from optlab.expect import Verdict

PAGE = Path(__file__).with_name("report.html")
MOST_RUNS = 2000
"""Longer tables are cut, and say so; the files hold everything."""
NUMBERS = ("iterations", "f", "suboptimality", "stationarity", "n_f", "n_gradient", "seconds")
LONG = ("reason", "meaning", "fact", "verdict", "multipliers")
FILES = ("runs.parquet", "iterations.parquet", "trajectories.parquet", "experiment.yaml", "environment.json")


class Reported(PlotData, Protocol):
    """What a report is written from; `optlab.load(folder)` gives one."""

    @property
    def folder(self) -> Path: ...
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def environment(self) -> dict[str, Any]: ...


def write_report(
    results: Reported, folder: Path, figures: Sequence[Picture] = (), verdicts: Sequence[Verdict] = ()
) -> Path:
    """Write report.html into `folder` and return its path; an older one is replaced at once.

    Parameters
    ----------
    results : Reported
        Tables, description and environment.
    figures : sequence of Picture
        Drawn plots; their SVG files go into the page.
    verdicts : sequence of Verdict
        The expectations, met or not.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    runs = named(results.runs).assign(suboptimality=_last(results, "suboptimality"))
    parts = {
        "name": escape(results.name),
        "description": escape(results.description),
        "summary": _summary(runs, verdicts),
        "verdicts": _verdicts(verdicts),
        "glance": _glance(results, runs),
        "figures": "\n".join(_figure(picture, folder) for picture in figures)
        or "<p>This experiment asks for none.</p>",
        "statuses": _statuses(runs),
        "failures": _failures(runs) + _kkt(results, runs) + _notes(runs),
        "runs": _runs(runs),
        "again": escape(_again(results)),
        "files": ", ".join(f'<a href="{name}">{name}</a>' for name in FILES if (folder / name).exists()) or "none",
        "environment": _environment(results.environment),
    }
    page = Template(PAGE.read_text(encoding="utf-8")).substitute(parts)
    path = folder / "report.html"
    temporary = folder / "report.html.tmp"
    temporary.write_text(page, encoding="utf-8")
    temporary.replace(path)
    return path


# --- sections -------------------------------------------------------------------------------------------------------


def _summary(runs: pd.DataFrame, verdicts: Sequence[Verdict]) -> str:
    counts = runs["status"].value_counts()
    ran = len(runs) - int(counts.get(Status.SKIPPED.name, 0))
    text = f"{counts.get(Status.CONVERGED.name, 0)} of {ran} runs converged"
    if ran < len(runs):
        text += f"; {len(runs) - ran} more pairs of problem and method do not fit and were skipped"
    if verdicts:
        text += f"; {sum(v.met for v in verdicts)} of {len(verdicts)} expectations were met"
    return text + "."


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return "<p>This experiment states none.</p>"
    items = (
        f'<li><b class="{"good" if v.met else "bad"}">{"✓ met" if v.met else "✗ unmet"}</b>{escape(v.claim)} '
        f'<span class="soft">Seen: {escape(v.seen)}</span></li>'
        for v in verdicts
    )
    return f'<ul class="verdicts">{"".join(items)}</ul>'


def _glance(results: Reported, runs: pd.DataFrame) -> str:
    """A row per problem: is its minimum known, who solved it, who was fastest."""
    rows = []
    for panel, members in runs[runs["status"] != Status.SKIPPED.name].groupby("panel", sort=False):
        minimum = _least(results, members["run"].iloc[0])
        solved = members[members["status"].isin(GOOD)]
        fastest = [_fastest(solved, measure) for measure in ("iterations", "n_gradient")]
        rows.append([str(panel), minimum, f"{len(solved)} of {len(members)}", *fastest])
    head = ["problem", "known least f", "runs that converged", "fewest iterations", "fewest gradient evaluations"]
    return _table(head, rows, "Of the runs that converged; over several starts the median of each method counts.")


def _least(results: Reported, run: str) -> str:
    try:
        optimum = results.problem(run).known.optimum
    except Exception as error:  # a user's problem; its runs say more
        return f"not known ({type(error).__name__})"
    return "not known" if optimum is None else f"{optimum:.6g}"


def _fastest(solved: pd.DataFrame, measure: str) -> str:
    if solved.empty:
        return "nobody"
    medians = solved.groupby("line", sort=False)[measure].median()
    best = medians.min()
    return f"{', '.join(str(line) for line in medians.index[medians == best])} ({best:g})"


def _figure(picture: Picture, folder: Path) -> str:
    drawing = next((path for path in picture.files if path.suffix == ".svg"), None)
    if picture.problem or drawing is None:
        return f"<p><b>{escape(picture.name)}</b>: not drawn, {escape(picture.problem or 'no SVG')}.</p>"
    links = ", ".join(
        f'<a href="{quote(Path(os.path.relpath(path, folder)).as_posix())}">{path.suffix[1:].upper()}</a>'
        for path in picture.files
        if path.suffix != ".txt"
    )
    svg = inline(drawing.read_text(encoding="utf-8"), picture.name)
    return (
        f'<figure id="{escape(picture.name)}"><div class="wide">{svg}</div>'
        f"<figcaption><b>{escape(picture.name)}.</b> {escape(picture.caption)} {links}</figcaption></figure>"
    )


def _statuses(runs: pd.DataFrame) -> str:
    counts = runs["status"].value_counts()
    rows = [[_status(s), str(counts[s]), escape(Status[s].value)] for s in Status.__members__ if s in counts]
    return _table(["status", "runs", "meaning"], rows, raw=True, numeric=["runs"])


def _failures(runs: pd.DataFrame) -> str:
    """Why every run that did not converge ended, equal reasons once."""
    short = runs[runs["status"] != Status.CONVERGED.name]
    if short.empty:
        return ""
    grouped = short.groupby(["line", "panel", "status", "message"], sort=False, dropna=False).size()
    rows = []
    for key, count in grouped.items():
        line, panel, status, message = map(str, key) if isinstance(key, tuple) else (str(key), "", "", "")
        rows.append([escape(line), escape(panel), _status(status), str(count), escape(message)])
    head = ["method", "problem", "status", "runs", "reason"]
    return _table(head, rows, "Every run that did not converge, and why.", raw=True, numeric=["runs"])


def _kkt(results: Reported, runs: pd.DataFrame) -> str:
    """How far the runs with constraints fulfil the KKT conditions; nothing where there are none."""
    rows, note = kkt_rows(results, runs)
    if not rows:
        return ""
    shown = [
        [_status(cell) if i == HEAD.index("status") else escape(cell) for i, cell in enumerate(row)] for row in rows
    ]
    return _table(HEAD, shown, note, raw=True, numeric=NUMERIC, sortable=True)


def _notes(runs: pd.DataFrame) -> str:
    """Why columns hold nothing, equal reasons once."""
    noted = runs[runs["notes"].fillna("") != ""] if "notes" in runs else runs[:0]
    if noted.empty:
        return ""
    grouped = noted.groupby(["line", "panel", "notes"], sort=False).size().reset_index(name="count")
    rows = [[str(row[key]) for key in ("line", "panel", "count", "notes")] for row in grouped.to_dict("records")]
    head = ["method", "problem", "runs", "reason"]
    return _table(head, rows, "Columns that could not be computed, and why.", numeric=["runs"])


def _runs(runs: pd.DataFrame) -> str:
    columns = [name for name in NUMBERS if name in runs and np.isfinite(runs[name].astype(float)).any()]
    several = runs["start"].nunique() > 1 if "start" in runs else False
    head = ["method", "problem", *(["start"] if several else []), "status", *columns]
    rows = [
        [
            escape(run["line"]),
            escape(run["panel"]),
            *([escape(str(run["start"]))] if several else []),
            _status(run["status"]),
            *(_number(run[name]) if run["status"] != Status.SKIPPED.name else "" for name in columns),
        ]
        for run in runs.head(MOST_RUNS).to_dict("records")
    ]
    note = "A click on a heading sorts."
    if len(runs) > MOST_RUNS:
        note += f" The first {MOST_RUNS} of {len(runs)} runs; runs.parquet holds all."
    return _table(head, rows, note, raw=True, numeric=columns, sortable=True)


def _again(results: Reported) -> str:
    source = results.environment.get("source")
    place = f"{results.folder.resolve().parent.name}/{results.folder.resolve().name}"
    words = [Path(source).name if source else "experiment.yaml", *results.environment.get("overrides", ())]
    return (
        f"optlab run {shlex.join(words)}\n"
        f"optlab report {place}\n\n"
        f"python -c \"import pandas; print(pandas.read_parquet('{place}/runs.parquet'))\""
    )


def _environment(facts: Mapping[str, Any]) -> str:
    rows = []
    for name, value in facts.items():
        if name == "source":
            shown = Path(str(value)).name if value else "a mapping in Python"
        elif name == "overrides":
            shown = ", ".join(map(str, value)) or "none"
        elif name == "plugins":
            shown = ", ".join(Path(str(p)).name for p in value) or "none"
        elif isinstance(value, Mapping):
            shown = ", ".join(f"{key} {item}" for key, item in value.items())
        else:
            shown = str(value)
        rows.append([name.replace("_", " "), shown])
    return _table(["", "fact"], rows)


# --- pieces ---------------------------------------------------------------------------------------------------------


def _last(results: Reported, column: str) -> list[float]:
    """The last value of a column of the iterations, by run; NaN where there is none."""
    if column not in results.iterations:
        return [float("nan")] * len(results.runs)
    last = {run["run"]: float(rows[column].iloc[-1]) for run, rows in settled(results.runs, results.iterations)}
    return [last.get(run, float("nan")) for run in results.runs["run"]]


def _status(status: str) -> str:
    tone = "good" if status in GOOD else "limit" if status in LIMITS or status == Status.SKIPPED.name else "bad"
    return f'<span class="{tone}">{escape(status)}</span>'


def _number(value: Any) -> str:
    number = float(value)
    if not np.isfinite(number):
        return "" if np.isnan(number) else str(number)
    return f"{number:.0f}" if number == int(number) and abs(number) < 1e6 else f"{number:.3g}"  # noqa: PLR2004


def _table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    note: str = "",
    *,
    raw: bool = False,
    numeric: Sequence[str] = (),
    sortable: bool = False,
) -> str:
    """Return a table; the cells are escaped unless they are `raw` HTML."""

    def cell(name: str, text: str) -> str:
        kind = ' class="number"' if name in numeric else ' class="text"' if name in LONG else ""
        key = f' data-value="{escape(re.sub("<[^>]*>", "", text))}"' if sortable else ""
        return f"<td{kind}{key}>{text if raw else escape(text)}</td>"

    def heading(name: str) -> str:
        kind = ' class="number"' if name in numeric else ""
        return f"<th{kind}>{f'<button>{escape(name)}</button>' if sortable else escape(name)}</th>"

    cells = ("".join(cell(name, text) for name, text in zip(head, row, strict=True)) for row in rows)
    body = "\n".join(f"<tr>{row}</tr>" for row in cells)
    top = f"<thead><tr>{''.join(map(heading, head))}</tr></thead>" if any(head) else ""
    caption = f"<caption>{escape(note)}</caption>" if note else ""
    kind = ' class="sortable"' if sortable else ""
    return f'<div class="wide"><table{kind}>{caption}{top}<tbody>{body}</tbody></table></div>'

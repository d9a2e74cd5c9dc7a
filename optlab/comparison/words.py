"""A comparison in words: text for a terminal, Markdown for a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optlab.comparison.changes import CHANGES
from optlab.plots.series import GOOD
from optlab.plots.summary import Summary, written

if TYPE_CHECKING:
    from optlab.comparison.verdict import Against, Comparison, Ratio
    from optlab.results import Results

MOST = 40
"""Longer lists of changed runs are cut, and say so."""
NAMED = 5
"""How many runs that one side lacks are named."""


def text(comparison: Comparison, *, markdown: bool = False) -> str:
    """Return what changed, folder by folder, and the verdict."""
    parts = [f"baseline {comparison.baseline.folder}: {_size(comparison.baseline)}"]
    for other in comparison.others:
        parts += _heading(other, comparison)
        shown = [by_method(other), changed(other)]
        parts += [
            f"\n{t.caption}\n{(t.markdown() if markdown else t.text()).rstrip()}" for t in shown if not t.frame.empty
        ]
        parts.append("\n" + _verdict(other))
    return "\n".join(parts)


def tables(comparison: Comparison) -> list[Summary]:
    """Return the tables by method and by run, of every folder."""
    return [table for other in comparison.others for table in (by_method(other), changed(other))]


def _heading(other: Against, comparison: Comparison) -> list[str]:
    lines = [f"\n{other.results.folder}: {_size(other.results)}, {len(other.changes)} matched"]
    for names, where in ((other.only_before, comparison.baseline.folder), (other.only_now, other.results.folder)):
        if names:
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            lines.append(f"only in {where}: {len(names)}: {', '.join(names[:NAMED])}{more}")
    lines += [f"{name}: {before} → {now}" for name, (before, now) in other.environment.items()]
    return lines


def _size(results: Results) -> str:
    runs, total = len(results.runs), results.environment.get("runs")
    return f"{runs} runs" + (f" of {total}, the others are not there yet" if total and total > runs else "")


def by_method(other: Against) -> Summary:
    """Return a row per method and one for all: solved before and now, lost, gained, ratios with intervals."""
    import pandas as pd

    rows = []
    for label in [*dict.fromkeys(other.changes["label"]), None]:
        of = other.changes if label is None else other.changes[other.changes["label"] == label]
        effort, seconds = other.ratio("effort", label), other.ratio("seconds", label)
        rows.append({
            "method": "all" if label is None else label, "runs": len(of),
            "solved before": int(of["status"].isin(GOOD).sum()), "now": int(of["status_now"].isin(GOOD).sum()),
            "lost": int((of["change"] == "lost").sum()), "gained": int((of["change"] == "gained").sum()),
            "effort ×": _short(effort.mean), "its interval": _interval(effort),
            "seconds ×": _short(seconds.mean), "their interval": _interval(seconds),
        })  # fmt: skip
    limits = other.limits
    note = (
        f"Mean ratio of {limits.effort} and of seconds, now over before, on the runs solved both times, with the "
        f"{100 * limits.confidence:g} % interval over problems."
    )
    return Summary(pd.DataFrame(rows) if len(other.changes) else pd.DataFrame(), note)


def changed(other: Against) -> Summary:
    """Return a row per run that changed, steps back first."""
    frame = other.changes[other.changes["change"] != ""]
    frame = frame.iloc[np.argsort([CHANGES.index(change) for change in frame["change"]], kind="stable")]
    note = f"{len(frame)} of {len(other.changes)} runs changed"
    note += f"; the first {MOST}, the others with --csv." if len(frame) > MOST else "." if len(frame) else ""
    shown = frame.head(MOST)
    same = [name for name in ("start", "seed", "precision") if frame[name].nunique() <= 1]
    columns = {
        "change": "change", "label": "method", "problem": "problem", "start": "start", "seed": "seed",
        "precision": "precision", "status": "status", "status_now": "now", "f": "f", "f_now": "f now",
        "effort": other.limits.effort, "effort_now": f"{other.limits.effort} now", "settings": "settings",
    }  # fmt: skip
    kept = [name for name in columns if name not in same and (name != "settings" or (shown["settings"] != "").any())]
    return Summary(shown[kept].rename(columns=columns), note)


def _verdict(other: Against) -> str:
    if not len(other.changes):
        return "nothing to compare: no run is in both"
    if other.regressions:
        return f"step back: {'; '.join(other.regressions)}"
    gained = other.count("gained")
    among = f" among {len(other.changes)} matched runs; {len(other.only_before)} of the baseline are missing"
    said = "no step back" + (among if other.only_before else "")
    return said + (f"; {gained} solved now and not before" if gained else "")


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _interval(ratio: Ratio) -> str:
    return f"{written(_short(ratio.low))}–{written(_short(ratio.high))}" if np.isfinite(ratio.low) else ""

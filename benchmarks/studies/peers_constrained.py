"""Who solves what with constraints, at how many evaluations of f: the table of experiments/peers_constrained.yaml.

    python benchmarks/studies/peers_constrained.py [results/peers-constrained]

Solved: |f − f*| ≤ 10⁻⁶ max(1, |f*|) and every constraint violated by at most 10⁻⁶, at some iterate. Effort: the
evaluations of f until that first holds; medians are over the problems that both of a pair solve. A problem where one
of the pair ends in another minimum that the facts list counts for neither; HS13, whose solution is no KKT point, and
others without multipliers, are not counted. A point below f* that is feasible with a small KKT residual is listed for
review. The problems are split by a hash of their names: methods were tuned on the first half, the second was held out.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import optlab

ROOT = Path(__file__).parents[2]
PAIRS = (
    ("sqp", "scipy_slsqp"),
    ("sqp", "nlopt_slsqp"),
    ("sqp_newton", "ipopt"),
    ("interior_point", "ipopt"),
    ("interior_point", "scipy_trust_constr"),
    ("augmented_lagrangian", "nlopt_auglag"),
    ("lbfgsb", "scipy_lbfgsb"),
    ("projected_newton", "scipy_tnc"),
    ("active_set", "scipy_slsqp"),
)
TOLERANCE = 1e-6
STATIONARY = 1e-6


def held_out(name: str) -> bool:
    """Whether a problem belongs to the half that nothing was tuned on."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 1


def efforts(results: Any) -> pd.DataFrame:
    """Return a row per run: evaluations of f until solved, inf where never, and whether it ends elsewhere."""
    runs = results.runs[results.runs["status"] != "SKIPPED"]
    groups = dict(list(results.iterations.groupby("run", sort=False)))
    rows = []
    for name, those in runs.groupby("problem", sort=False):
        known = optlab.problem(str(name)).known
        if known.optimum is None or not known.qualified:
            continue
        near = TOLERANCE * max(1.0, abs(known.optimum))
        problem = optlab.problem(str(name))
        minima = [problem.value(np.asarray(x, dtype=float)) for x in known.critical_points.get("minimum", ())]
        for run in those.to_dict("records"):
            table = groups.get(run["run"])
            row = {"problem": name, "optimizer": run["label"] or run["optimizer"], "status": run["status"],
                   "effort": np.inf, "other": False, "below": False}  # fmt: skip
            if table is not None and len(table):
                gap, outside = table["suboptimality"].to_numpy(), table["violation"].to_numpy()
                there = (np.abs(gap) <= near) & (outside <= TOLERANCE)
                if there.any():
                    row["effort"] = float(table["n_f"].iloc[int(np.argmax(there))])
                last = float(table["f"].iloc[-1])
                row["other"] = not there.any() and any(abs(last - f) <= near for f in minima)
                stationary = table[["kkt_stationarity", "kkt_complementarity"]].iloc[-1].max()
                small = stationary <= STATIONARY * max(1.0, abs(known.optimum))
                row["below"] = bool(gap[-1] < -near and outside[-1] <= TOLERANCE and small)
            rows.append(row)
    return pd.DataFrame(rows)


def compared(table: pd.DataFrame, ours: str, theirs: str) -> list[str]:
    """Return the lines on one pair, one per half."""
    sides = [table[table["optimizer"] == who].set_index("problem") for who in (ours, theirs)]
    both = sides[0].index.intersection(sides[1].index)
    lines = []
    for half in ("tuned on", "held out", "all"):
        names = [n for n in both if half == "all" or held_out(str(n)) == (half == "held out")]
        names = [n for n in names if not any(bool(side.loc[n, "other"]) for side in sides)]
        a, b = (side.loc[names, "effort"].to_numpy(dtype=float) for side in sides)
        solved = np.isfinite(a) & np.isfinite(b)
        ratio = np.median(a[solved] / b[solved]) if solved.any() else np.nan
        medians = (np.median(a[solved]), np.median(b[solved])) if solved.any() else (np.nan, np.nan)
        lines.append(f"{ours:22} {theirs:20} {half:9} {len(names):4d} {np.isfinite(a).sum():6d} "
                     f"{np.isfinite(b).sum():7d} {medians[0]:8.1f} {medians[1]:8.1f} "
                     f"{medians[0] / medians[1]:8.3f} {ratio:8.3f}")  # fmt: skip
        if half == "all":
            for who, mine, other in ((ours, a, b), (theirs, b, a)):
                missed = [
                    n for n, x, y in zip(names, mine, other, strict=True) if not np.isfinite(x) and np.isfinite(y)
                ]
                lines.append(f"    {who} alone misses: {', '.join(map(str, missed)) or 'none'}")
    return lines


def main(folder: str = "") -> None:
    """Run the experiment unless a results folder is named, and print the table."""
    if folder:
        results = optlab.load(folder)
    else:
        path = ROOT / "experiments" / "peers_constrained.yaml"
        results = optlab.run(path, folder=ROOT / "results" / "peers-constrained")
    table = efforts(results)
    there = set(table["optimizer"])
    solved = table.groupby("optimizer")["effort"].agg(lambda e: int(np.isfinite(e).sum()))
    print(
        "\n".join(
            f"{name:22} {solved[name]:4d} of {(table['optimizer'] == name).sum()} solved" for name in solved.index
        )
    )
    head = ("ours", "theirs", "problems", "of", "ours", "theirs", "ours", "theirs", "of these", "ratios")
    print(f"\n{'':56} solved      median f-evaluations, quotient")
    print("{:22} {:20} {:9} {:>4} {:>6} {:>7} {:>8} {:>8} {:>8} {:>8}".format(*head))
    for ours, theirs in PAIRS:
        print("\n".join(compared(table, ours, theirs)) if {ours, theirs} <= there else f"{ours:22} {theirs:20} absent")
    below = table[table["below"]]
    print("\nfeasible KKT points below f*, for review:", ", ".join(sorted(set(below["problem"]))) or "none")


if __name__ == "__main__":
    main(*sys.argv[1:])

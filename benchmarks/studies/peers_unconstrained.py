"""Who solves what, at how many calls: the table of experiments/peers_unconstrained.yaml.

    python benchmarks/studies/peers_unconstrained.py [results/peers-unconstrained]

Solved: f ≤ f_best + τ(f₀ − f_best), f_best the least value of all runs and of the facts. Effort: the calls of the
oracle, max(n_f, n_gradient) + n_hessian + n_hvp + n_jacobian, until that first holds. A problem where one of a pair
ends in another minimum that the facts list counts for neither of the two. The problems are split by a hash of their
names: settings were chosen on the first half, the second was held out.

Source: Moré & Wild (2009), equation 2.2.
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
    ("trust_region", "scipy_trust_exact"),
    ("trust_region_steihaug", "scipy_trust_ncg"),
    ("newton_cg", "scipy_newton_cg"),
    ("bfgs", "scipy_bfgs"),
    ("lbfgs", "scipy_lbfgsb"),
    ("lbfgs", "nlopt_lbfgs"),
    ("conjugate_gradient", "scipy_cg"),
    ("levenberg_marquardt", "scipy_least_squares_lm"),
    ("levenberg_marquardt", "scipy_least_squares_trf"),
    ("gauss_newton", "scipy_least_squares_trf"),
)
ACCURACIES = (1e-5, 1e-8)
SAME = 1e-6
"""A run ends in a listed minimum where f is within this part of f₀ − f_best of its value."""


def held_out(name: str) -> bool:
    """Whether a problem belongs to the half that nothing was chosen on."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 1


def efforts(results: Any) -> pd.DataFrame:
    """Return a row per run: the effort to each accuracy, inf where not reached, and whether it ends elsewhere."""
    runs = results.runs[results.runs["status"] != "SKIPPED"]
    groups = dict(list(results.iterations.groupby("run", sort=False)))
    rows = []
    for name, those in runs.groupby("problem", sort=False):
        problem = optlab.problem(str(name))
        known, start = problem.known, float(problem.value(problem.start()))
        least = min([start, float(those["best_f"].min()), *([] if known.optimum is None else [known.optimum])])
        minima = [problem.value(np.asarray(x, dtype=float)) for x in known.critical_points.get("minimum", ())]
        for run in those.to_dict("records"):
            table = groups.get(run["run"])
            row: dict[Any, Any] = {
                "problem": name,
                "optimizer": run["optimizer"],
                "status": run["status"],
                "other": False,
            }
            for accuracy in ACCURACIES:
                row[accuracy] = np.inf
            if table is not None and len(table):
                most = table[["n_f", "n_gradient"]].max(axis=1)
                calls = most + table[["n_hessian", "n_hvp", "n_jacobian"]].sum(axis=1)
                for accuracy in ACCURACIES:
                    there = (table["f"] <= least + accuracy * (start - least)).to_numpy()
                    if there.any():
                        row[accuracy] = float(calls.iloc[int(np.argmax(there))])
                end, near = float(run["best_f"]), SAME * (start - least)
                row["other"] = not np.isfinite(row[ACCURACIES[0]]) and any(abs(end - f) <= near for f in minima)
            rows.append(row)
    return pd.DataFrame(rows)


def compared(table: pd.DataFrame, ours: str, theirs: str) -> list[str]:
    """Return the lines on one pair: both halves, both accuracies."""
    sides = [table[table["optimizer"] == who].set_index("problem") for who in (ours, theirs)]
    both = sides[0].index.intersection(sides[1].index)
    lines = []
    for half in ("chosen on", "held out"):
        names = [n for n in both if held_out(str(n)) == (half == "held out")]
        names = [n for n in names if not any(bool(side.loc[n, "other"]) for side in sides)]
        for accuracy in ACCURACIES:
            a, b = (side.loc[names, accuracy].to_numpy(dtype=float) for side in sides)
            solved = np.isfinite(a) & np.isfinite(b)
            ratio = np.median(a[solved] / b[solved]) if solved.any() else np.nan
            lines.append(f"{ours:22} {theirs:24} {half:10} {accuracy:7.0e} {len(names):5d} {np.isfinite(a).sum():6d} "
                         f"{np.isfinite(b).sum():7d} {ratio:9.3f}")  # fmt: skip
    return lines


def main(folder: str = "") -> None:
    """Run the experiment unless a results folder is named, and print the table."""
    if folder:
        results = optlab.load(folder)
    else:
        results = optlab.run(
            ROOT / "experiments" / "peers_unconstrained.yaml", folder=ROOT / "results" / "peers-unconstrained"
        )
    table = efforts(results)
    print(f"{'ours':22} {'theirs':24} {'problems':10} {'to':>7} {'of':>5} {'ours':>6} {'theirs':>7} {'calls':>9}")
    print(f"{'':73} solved, and the median of our calls over theirs where both did")
    there = set(table["optimizer"])
    for ours, theirs in PAIRS:
        if {ours, theirs} <= there:
            print("\n".join(compared(table, ours, theirs)))
        else:
            print(f"{ours:22} {theirs:24} absent")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Every concept of the four texts has something to run: docs/concepts.csv, and the page made of it.

``python tests/test_concepts.py > docs/concepts.md`` writes the page anew.
"""

from __future__ import annotations

import csv
import importlib
import re
from pathlib import Path

import pytest

import optlab
from optlab import numerics

ROOT = Path(__file__).parents[1]
IDS = [f"{letter}{i:02}" for letter, last in (("A", 15), ("B", 29), ("C", 13), ("D", 31)) for i in range(1, last + 1)]
KINDS = {"problem": "problems", "optimizer": "optimizers", "column": "columns", "plot": "plots",
         "transform": "transforms"}  # fmt: skip
HEAD = """# What of the four texts runs here

A row per concept of the texts that the laboratory implements (A: a survey of numerical techniques, B: a tutorial, C:
notes on numerical stability, D: lecture slides), and what to run for it. Made from `concepts.csv` by
`tests/test_concepts.py`, which checks that everything named exists. Where the texts are wrong, see
[errata.md](errata.md).

| | concept | to run |
|---|---|---|
"""


def rows():
    with (ROOT / "docs" / "concepts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parts(where):
    return [part.strip() for part in where.split("; ")] if not where.startswith("docs:") else [where]


def command(part):
    """Return what to type for one part."""
    word, _, name = part.partition(" ")
    if word in ("docs:", "errata"):
        return f"[{name}](errata.md)" if word == "errata" else name
    if word in KINDS:
        return f"`optlab show {name}`"
    if word == "experiment":
        return f"`optlab run experiments/{name}.yaml`"
    if word.startswith("test_"):
        return f"`tests/{word}.py`"
    return f"`optlab.{word.removeprefix('optlab.')}`"


def page():
    """Return the page."""
    lines = (f"| {row['id']} | {row['concept']} | {', '.join(map(command, parts(row['where'])))} |" for row in rows())
    return HEAD + "\n".join(lines) + "\n"


def test_every_concept_has_a_row_once():
    assert [row["id"] for row in rows()] == IDS


def test_at_most_one_in_ten_is_documentation_and_says_why():
    documented = [row for row in rows() if row["where"].startswith("docs:")]
    assert len(documented) <= len(IDS) // 10
    assert all(len(row["where"]) > len("docs: ") for row in documented)


@pytest.mark.parametrize("part", sorted({part for row in rows() for part in parts(row["where"])}))
def test_what_is_named_exists(part):
    word, _, name = part.partition(" ")
    if word == "docs:":
        return
    if word in KINDS:
        kind = KINDS[word]
        assert name in optlab.names(kind) or any(name in column_names(known) for known in optlab.names(kind))
    elif word == "experiment":
        assert (ROOT / "experiments" / f"{name}.yaml").is_file()
    elif word == "errata":
        assert re.search(rf"^### {name} ", (ROOT / "docs" / "errata.md").read_text(encoding="utf-8"), re.MULTILINE)
    elif word.startswith("test_"):
        assert (ROOT / "tests" / f"{word}.py").is_file()
    elif word.startswith("numerics."):
        found = numerics
        for attribute in word.split(".")[1:]:
            found = getattr(found, attribute)
        assert callable(found)
    elif word.startswith("plots."):
        module, _, attribute = word.rpartition(".")
        assert callable(getattr(importlib.import_module(f"optlab.{module}"), attribute))
    else:
        assert callable(getattr(optlab, word.removeprefix("optlab.")))


def column_names(name):
    from optlab.registry import Catalogue

    entry = Catalogue().entries("columns").get(name)
    return () if entry is None else entry.attributes.get("names", ())


def test_the_page_is_up_to_date():
    assert (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    print(page(), end="")

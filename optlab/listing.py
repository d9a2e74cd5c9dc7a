"""Lists for the command line, from the text scan alone; nothing is imported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from optlab.core.status import InputError, nearest
from optlab.registry import SINGULAR, Catalogue, Entry
from optlab.text_table import table

DERIVATIVES = (("gradient", "g"), ("hessian", "H"), ("hvp", "v"), ("jacobian", "J"), ("hessians", "b"),
               ("hessian_pattern", "s"))  # fmt: skip
"""Methods that show that a derivative is written by hand, and the letter they are listed by."""
LEGEND = (
    "by hand: g gradient, H Hessian, v Hessian-vector product, J Jacobian of residuals, b batches, s sparsity; "
    "what is missing comes from autograd.\nn: the default where it can be chosen (…); optlab show NAME tells more, "
    "optlab list problems --facts what is known."
)
BY_SETTINGS = "…"
"""Stands for what the text scan cannot know, as the needs of a method made of another one."""
FACT_HEAD = ("name", "n", "f*", "x*", "how it is known")


def listed(
    catalogue: Catalogue, kind: str, tags: Sequence[str] = (), suites: Sequence[str] = (), facts: bool = False
) -> str:
    """Return the list of a kind as text: problems by suite, others by name.

    Raises
    ------
    InputError
        For an unknown tag or suite, with the nearest one.
    """
    entries = [catalogue.entry(kind, name) for name in catalogue.names(kind)]
    entries = _chosen(entries, kind, "properties" if kind == "optimizers" else "tags", tags)
    if kind == "optimizers":
        return _by_family(entries)
    if kind != "problems":
        return table(
            ("name", "family", "what it is"), [(e.name, e.family, e.summary) for e in entries], whole=("name",)
        )
    entries = _chosen(entries, kind, "suites", suites)
    home: dict[str, list[Entry]] = {}
    for entry in entries:
        home.setdefault(next(iter(entry.attributes.get("suites", ())), "no suite"), []).append(entry)
    blocks = []
    for suite, members in sorted(home.items()):
        if facts:
            rows = [_known(catalogue, entry) for entry in members]
            text = table(FACT_HEAD, rows, right=("n",), whole=("name",))
        else:
            head = ("name", "n", "constraints", "derivatives", "tags")
            text = table(head, [_row(entry) for entry in members], right=("n",), whole=("name", "constraints"))
        blocks.append(f"{suite}: {len(members)}\n{text}")
    total = f"{len(entries)} problems in {len(home)} suites"
    return "\n\n".join([*blocks, total if facts else f"{total}; {LEGEND}"])


def _by_family(entries: list[Entry]) -> str:
    families: dict[str, list[Entry]] = {}
    for entry in entries:
        families.setdefault(entry.family or "other", []).append(entry)
    head = ("name", "needs", "tags", "source")
    blocks = []
    for family, members in sorted(families.items()):
        rows = [(e.name, _words(e, "needs", ("gradient",)),
                 _words(e, "properties", ()), e.source or e.summary) for e in members]  # fmt: skip
        blocks.append(f"{family}: {len(members)}\n{table(head, rows, whole=('name', 'needs'))}")
    more = f"optlab show NAME tells more, and what depends on the settings ({BY_SETTINGS})"
    return "\n\n".join([*blocks, f"{len(entries)} optimizers; {more}"])


def _words(entry: Entry, attribute: str, otherwise: tuple[str, ...]) -> str:
    return BY_SETTINGS if attribute in entry.computed else _commas(entry.attributes.get(attribute, otherwise))


def _chosen(entries: list[Entry], kind: str, key: str, wanted: Sequence[str]) -> list[Entry]:
    there = {word for entry in entries for word in entry.attributes.get(key, ())}
    for word in wanted:
        if word not in there:
            listed_words = ", ".join(sorted(there)) or "none"
            singular = "suite" if key == "suites" else "tag"
            msg = f"no {SINGULAR[kind]} has the {singular} {word!r}{nearest(word, there)} ({key}: {listed_words})"
            raise InputError(msg)
    return [entry for entry in entries if set(wanted) <= set(entry.attributes.get(key, ()))]


def _row(entry: Entry) -> tuple[str, ...]:
    fixed, chosen = entry.attributes.get("dimension"), entry.defaults.get("n")
    n = str(fixed) if fixed is not None else f"{chosen}…" if chosen is not None else "data"
    letters = " ".join(letter for method, letter in DERIVATIVES if method in entry.methods)
    return (entry.name, n, _commas(entry.attributes.get("constraints", ())), letters,
            _commas(entry.attributes.get("tags", ())))  # fmt: skip


def _known(catalogue: Catalogue, entry: Entry) -> tuple[str, ...]:
    problem = catalogue.make("problems", entry.name)
    known = problem.known
    optimum = "" if known.optimum is None else f"{known.optimum:.10g}" + ("" if known.attained else " (infimum)")
    return (entry.name, str(problem.n), optimum, "yes" if known.solution is not None else "",
            known.certificate or ("infeasible" if known.infeasible else ""))  # fmt: skip


def _commas(words: Iterable[Any]) -> str:
    return ", ".join(map(str, words))

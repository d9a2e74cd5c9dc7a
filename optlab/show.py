"""What a name is, for `optlab show`; and what `optlab check` checks."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optlab.core.settings import COMPARISONS, settings_of, type_of
from optlab.core.status import InputError, nearest
from optlab.registry import ROOTS, Catalogue, Entry, suites

if TYPE_CHECKING:
    from optlab.checks.report import Report

FACTS = ("needs", "handles", "properties", "suites", "tags", "names", "source")


def _entries(catalogue: Catalogue, name: str) -> list[Entry]:
    """Return the entries of a name, whatever their kinds."""
    found = [catalogue.entry(kind, name) for kind in ROOTS if name in catalogue.names(kind)]
    if not found:
        everything = sorted({n for kind in ROOTS for n in catalogue.names(kind)} | set(suites(catalogue)))
        msg = f"nothing is named {name!r}{nearest(name, everything)} (see: optlab list {'|'.join(ROOTS)})"
        raise InputError(msg)
    return found


def describe(catalogue: Catalogue, name: str) -> str:
    """Return a description of a name: docstring, settings, facts, file.

    Raises
    ------
    InputError
        For an unknown name, with the nearest one.
    """
    return "\n\n".join(_describe(catalogue, entry) for entry in _entries(catalogue, name))


def _describe(catalogue: Catalogue, entry: Entry) -> str:
    from optlab.text_table import table

    cls = catalogue.find(entry.kind, entry.name)
    family = f" ({entry.family})" if entry.family else ""
    lines = [f"{entry.name}: one of the {entry.kind}{family}", "", inspect.getdoc(cls) or "no description", ""]
    lines += inherited_meanings(cls)
    rows = [(key, *_setting(cls, key, field)) for key, field in settings_of(cls).items()]
    lines.append(table(("setting", "type", "default", "range"), rows) if rows else "no settings")
    facts = [(key, _words(getattr(cls, key, None))) for key in FACTS]
    lines += ["", *(f"{key + ':':<12}{value}" for key, value in facts if value)]
    if entry.kind == "problems":
        from optlab.problem_page import page

        lines += page(catalogue.make("problems", entry.name))
    lines.append(f"{'file:':<12}{_short_path(entry.path)}:{entry.line}")
    return "\n".join(lines)


def inherited_meanings(cls: type) -> list[str]:
    """Return the lines on those settings that the class leaves to the docstrings of its bases, a section per base."""
    left = settings_of(cls).keys() - {name for names, _ in parameters(cls) for name in names}
    lines: list[str] = []
    for base in cls.__mro__[1:]:
        found = [(names, text) for names, text in parameters(base) if left.intersection(names)]
        left -= {name for names, _ in found for name in names}
        if found:
            lines += [f"As in {base.__name__}:", *(line for _, text in found for line in text), ""]
    return lines


def parameters(cls: type) -> list[tuple[list[str], list[str]]]:
    """Return (names, lines) of every entry of the section "Parameters" of a class's own docstring."""
    _, heading, rest = inspect.cleandoc(cls.__doc__ or "").partition("Parameters\n----------\n")
    found: list[tuple[list[str], list[str]]] = []
    for line in rest.splitlines() if heading else ():
        if line.startswith(" ") and found:
            found[-1][1].append(line)
        elif " : " in line:
            found.append((line.partition(" : ")[0].split(", "), [line]))
        else:
            break
    return found


def draw(catalogue: Catalogue, name: str, path: Path) -> Path:
    """Draw a problem to a file and return its path.

    Raises
    ------
    InputError
        For a name that is no problem, or a file that cannot be drawn.
    """
    from optlab.plots.portrait import save_portrait

    return save_portrait(catalogue.make("problems", name), path)


def draw_errors(catalogue: Catalogue, name: str, path: Path) -> Path:
    """Draw how the error of differences of f depends on h at a problem's start, and return the file's path.

    Raises
    ------
    InputError
        For a name that is no problem, or a file that is no .svg, .png or .pdf.
    """
    from optlab.derivatives import step_errors
    from optlab.plots.portrait import checked_path
    from optlab.plots.v_curve import draw_v_curve

    problem = catalogue.make("problems", name)
    table = step_errors(problem.value, problem.gradient, problem.start())
    return draw_v_curve(table, checked_path(path), f"{name}: differences of f against its gradient, at the start")


def _setting(cls: type, key: str, field: Field[Any]) -> tuple[str, str, str]:
    annotation = type_of(cls, key)
    bounds = [f"{sign} {getattr(piece, attribute):g}" for piece in getattr(annotation, "__metadata__", ())
              for attribute, sign, _ in COMPARISONS if getattr(piece, attribute, None) is not None]  # fmt: skip
    bare = getattr(annotation, "__origin__", annotation) if bounds else annotation
    if typing.get_origin(bare) is typing.Literal:
        words = " | ".join(map(str, typing.get_args(bare)))
    else:
        words = bare.__name__ if isinstance(bare, type) else str(bare).replace("typing.", "")
    default = "required"
    if field.default is not MISSING:
        default = str(field.default)
    elif field.default_factory is not MISSING:
        default = str(field.default_factory())
    return words, default, " and ".join(bounds)


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value or "")


def _short_path(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def checkable(target: str, plugins: Sequence[Path]) -> Iterator[tuple[Callable[[Any], Report], Any]]:
    """Yield (battery, object) for a name, a suite, or every problem, optimizer and set of a Python file.

    A problem comes with its default settings, then with each of its variants.

    Raises
    ------
    InputError
        For an unknown name, or a file with nothing to check.
    """
    from optlab.api import check_optimizer, check_problem, check_set

    batteries: dict[str, Callable[[Any], Report]] = {
        "problems": check_problem, "optimizers": check_optimizer, "sets": check_set,
    }  # fmt: skip
    if target.endswith(".py"):
        catalogue = Catalogue([*plugins, Path(target)])
        path = Path(target).resolve()
        entries = [e for kind in batteries for e in catalogue.entries(kind).values() if e.path == path]
    else:
        catalogue = Catalogue(plugins)
        suite = suites(catalogue).get(target)
        found = [catalogue.entry("problems", n) for n in suite] if suite else _entries(catalogue, target)
        entries = [e for e in found if e.kind in batteries]
    if not entries:
        msg = f"{target} holds no problem, no optimizer and no set to check"
        if target.endswith(".py"):
            msg += " (public classes that extend optlab.ProblemBase, optlab.Optimizer or optlab.ConvexSet)"
        raise InputError(msg)
    for entry in entries:
        name = next(n for n, e in catalogue.entries(entry.kind).items() if e == entry)
        cls = catalogue.find(entry.kind, name)
        defaults: tuple[dict[str, Any], ...] = () if needed(cls) else ({},)
        for settings in (*defaults, *getattr(cls, "variants", ())):
            yield batteries[entry.kind], catalogue.make(entry.kind, {"name": name, **settings})


def needed(cls: type) -> list[str]:
    """Return the settings that have no default."""
    return [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]

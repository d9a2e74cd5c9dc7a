"""The values among which tuning chooses: an optimizer's `tune: {setting: {geomspace: […]}}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optlab.config.specs import INVALID, Checker
from optlab.config.sweeps import Axis, expand
from optlab.config.text import Document, Path_
from optlab.config.wording import hint, shown
from optlab.core.settings import settings_of
from optlab.core.status import InputError

if TYPE_CHECKING:
    from optlab.config.models import Tuning

EXAMPLE = "{step_size: {geomspace: [1.0e-4, 10, 6]}}"


def candidates(checker: Checker, item: Any, path: Path_) -> Any:
    """Return the settings to choose from, as a tuple of mappings; () where nothing is tuned, INVALID for a mistake."""
    given = item.get("tune") if isinstance(item, dict) else None
    if given is None:
        return ()
    report = checker.document.report
    if not isinstance(given, dict) or not given:
        report(path, f"tune maps settings to ranges, for example {EXAMPLE}; given {shown(given)}")
        return INVALID
    try:
        cls = checker.catalogue.find("optimizers", item.get("name"))
    except (InputError, TypeError):
        return INVALID  # reported where the name stands
    known = settings_of(cls)
    tree: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            report((*path, key), f"{item['name']} has no setting {key!r}{hint(key, known, 'settings')}", key=True)
        elif key in item:
            report((*path, key), f"{key} is both given and tuned", key=True)
        else:
            tree[key] = checker.setting(cls, key, value, (*path, key))
            if tree[key] is not INVALID and not isinstance(tree[key], Axis):
                report((*path, key), f"{key} needs a range: {{grid: […]}}, {{geomspace: [a, b, n]}} or {{linspace: …}}")
                tree[key] = INVALID
    if len(tree) < len(given) or INVALID in tree.values():
        return INVALID
    return tuple(spec for spec, _ in expand(tree, []))


def check_protocol(document: Document, tuned: Sequence[tuple[str, int]], protocol: Tuning | None) -> None:
    """Report where there is no protocol, or not the same number of trials for every contender.

    Parameters
    ----------
    tuned : sequence of (label, number of candidates)
    """
    if not tuned:
        if protocol is not None:
            document.report(("tune",), f"no optimizer is tuned; give one of them a range, for example tune: {EXAMPLE}")
        return
    if protocol is None:
        words = "tune: {budget: {gradient: 1000}, starts: 3}"
        document.report(("optimizers",), f"{tuned[0][0]} is tuned, which needs a budget for every trial; add {words}")
        return
    if protocol.trials is None and len({number for _, number in tuned}) > 1:
        counts = ", ".join(f"{label}: {number}" for label, number in tuned)
        document.report(("tune",), f"every contender gets the same number of trials, but the ranges hold {counts}; "
                                   "give trials")  # fmt: skip
    for label, number in tuned:
        if protocol.trials is not None and number < protocol.trials:
            document.report(("tune", "trials"), f"the ranges of {label} hold {number} values, fewer than the trials")

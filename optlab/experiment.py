"""An experiment: one YAML file, checked whole before anything runs, that expands to runs of plain data."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optlab.config import wording
from optlab.config.claims import Expectation, Model
from optlab.config.expansion import Expansion
from optlab.config.models import ExperimentFile
from optlab.config.run import Run
from optlab.config.text import Document, read
from optlab.plugins import looked_at_once

__all__ = ["Experiment", "Run", "from_dict", "load"]


@dataclass(frozen=True)
class Experiment:
    """A checked experiment.

    Attributes
    ----------
    name, description : str
    source : Path or None
        The YAML file, where there is one.
    folder : Path
        What relative paths in it are relative to.
    plugins : tuple of Path
    columns, plots : tuple of dict
        Specifications, settings converted.
    seeds : tuple of int
    expect : tuple of Expectation
    executor : str or dict
    data : dict
        The file as it was read, overrides applied.
    overrides : tuple of str
        What was changed for this time.
    tuning : dict, optional
        How tuned settings are chosen; the runs that wait for it have `candidates`.
    """

    name: str
    description: str
    source: Path | None
    folder: Path
    plugins: tuple[Path, ...]
    columns: tuple[Any, ...]
    plots: tuple[Any, ...]
    seeds: tuple[int, ...]
    expect: tuple[Expectation, ...]
    executor: Any
    data: dict[str, Any] = field(repr=False)
    all_runs: Sequence[Run] = field(repr=False)
    overrides: tuple[str, ...] = ()
    tuning: dict[str, Any] | None = None

    def runs(self) -> Sequence[Run]:
        """Return the runs, each made when it is asked for: problems × optimizers × starts × seeds × precisions."""
        return self.all_runs

    def to_yaml(self, folder: Path | None = None) -> str:
        """Return the resolved file as YAML: overrides applied, plug-ins relative to `folder`."""
        from ruamel.yaml import YAML

        home = (folder or self.folder).resolve()
        data = {"name": self.name, **{key: value for key, value in self.data.items() if key != "name"}}
        if self.plugins:
            data["plugins"] = [os.path.relpath(path, home) for path in self.plugins]
        stream = io.StringIO()
        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = None
        yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
        yaml.dump(data, stream)
        return stream.getvalue()


def load(path: str | Path, overrides: Sequence[str] = (), plugins: Sequence[str | Path] = ()) -> Experiment:
    """Read and check an experiment file.

    Parameters
    ----------
    overrides : texts ``dotted.path=value``, the value in YAML
    plugins : further plug-in files, relative to the working directory

    Raises
    ------
    ConfigError
        With every mistake at once, each at its line and column.
    """
    path = Path(path)
    document = read(path)
    if overrides and document.data is None:
        document.data = {}
    for number, argument in enumerate(overrides, 1):
        document.override(number, argument)
    return replace(_checked(document, path.parent, path, plugins), overrides=tuple(overrides))


def from_dict(data: dict[str, Any], folder: str | Path = ".") -> Experiment:
    """Check an experiment that is given as plain data; `folder` is what its plug-ins are relative to.

    Raises
    ------
    ConfigError
        With every mistake at once, each with the path of keys that leads to it.
    """
    return _checked(Document(_copied(data), ""), Path(folder), None, ())


def _checked(document: Document, folder: Path, source: Path | None, plugins: Sequence[str | Path]) -> Experiment:
    if not isinstance(document.data, dict):
        document.report((), "an experiment is a mapping with the keys problems and optimizers")
        document.check()
    try:
        file = ExperimentFile.model_validate(document.data)
    except ValidationError as error:
        wording.report(document, error.errors(include_url=False), ExperimentFile)
        file = None
    more = Expansion(document, folder, [Path(p) for p in plugins])
    with looked_at_once():
        more.check(file)
    document.check()
    assert file is not None
    name = (
        file.name
        or re.sub(r"[^A-Za-z0-9._-]+", "-", source.stem if source else "experiment").strip("-.")
        or "experiment"
    )
    seeds = tuple(dict.fromkeys(file.seeds if file.seeds is not None else [file.seed or 0]))
    return Experiment(
        name, file.description, source, folder, more.plugins, more.columns, more.plots, seeds, tuple(file.expect),
        more.executor, document.data,
        more.runs(file.starts.each(), seeds, tuple(dict.fromkeys(file.precision)), _plain(file.stop),
                  _plain(file.record)),
        tuning=None if file.tune is None else _plain(file.tune),
    )  # fmt: skip


def _plain(model: Model) -> dict[str, Any]:
    return model.model_dump(exclude_none=True)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(v) for key, v in value.items()}
    return [_copied(v) for v in value] if isinstance(value, (list, tuple)) else value

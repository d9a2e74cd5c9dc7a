"""An experiment: one YAML file, checked whole before anything runs, that expands to runs of plain data."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationError, model_validator

from optlab import wording
from optlab.claims import Expectation, Model
from optlab.yaml_text import Document, Path_, read

STATIONARITY, ITERATIONS = 1e-8, 10_000
"""Stop rules of an experiment that names none, those of `optlab.minimize`."""


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _thinning(value: Any) -> Any:
    found = re.fullmatch(r"(every|geometric)\s*:?\s*(\d+)", value) if isinstance(value, str) else None
    return {found[1]: int(found[2])} if found else value


Whole = Annotated[int, BeforeValidator(_whole)]
Natural = Annotated[int, BeforeValidator(_whole), Field(ge=0)]
Positive = Annotated[int, BeforeValidator(_whole), Field(ge=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Starts(Model):
    """Where every optimizer begins; `standard` is true unless another kind of start is named."""

    standard: bool | None = Field(None, description="The problem's standard start.")
    random: Natural = Field(0, description="How many random points in a ball around the standard start.")
    radius: Finite = Field(1.0, gt=0, description="Radius of that ball, in the units of x.")
    scaled: list[Finite] = Field([], description="Multiples of the standard start.")
    points: list[Annotated[list[Finite], Field(min_length=1)]] = Field([], description="Points of the problem's dimension.")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.each():
            msg = "starts are empty: name standard, random, scaled or points"
            raise ValueError(msg)
        return self

    def each(self) -> list[dict[str, Any]]:
        """Return the starts, each as plain data."""
        others = self.random or self.scaled or self.points or "standard" in self.model_fields_set
        found: list[dict[str, Any]] = [{"kind": "standard"}] if self.standard or (self.standard is None and not others) else []
        found += [{"kind": "random", "index": i, "radius": float(self.radius)} for i in range(self.random)]
        found += [{"kind": "scaled", "factor": float(c)} for c in self.scaled]
        found += [{"kind": "point", "x": [float(v) for v in x]} for x in self.points]
        return [start for i, start in enumerate(found) if start not in found[:i]]


class Budgets(Model):
    """Most evaluations of each kind."""

    f: Positive | None = None
    gradient: Positive | None = None
    hessian: Positive | None = None
    hvp: Positive | None = None
    constraint: Positive | None = None
    jacobian: Positive | None = None


class StopRules(Model):
    """When a run ends; the first rule that holds decides."""

    stationarity: Finite = Field(STATIONARITY, ge=0, description="Relative to the stationarity at the standard start.")
    atol: Finite = Field(0.0, ge=0, description="Absolute, in the units of the gradient.")
    iterations: Natural = ITERATIONS
    evaluations: Budgets | None = None
    seconds: Finite | None = Field(None, gt=0, description="The method's own time.")


class Thinned(Model):
    """Keep each k-th iterate, or about m per factor of ten in k."""

    every: Positive | None = None
    geometric: Positive | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            msg = "trajectory is all, none, {every: k} or {geometric: m}"
            raise ValueError(msg)
        return self


class Recording(Model):
    """Which iterates x are kept; the scalars of every iteration always are."""

    trajectory: Annotated[
        Annotated[Literal["all", "none"], Tag("<value>")] | Annotated[Thinned, Tag("<mapping>")],
        BeforeValidator(_thinning),
        Discriminator(lambda value: "<mapping>" if isinstance(value, (dict, Thinned)) else "<value>"),
    ] = "all"


class ExperimentFile(Model):
    """The YAML file; problems, optimizers, columns and plots are checked against the classes they name."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)] = Field("", description="Folder of the results.")
    description: str = ""
    plugins: list[str] = Field([], description="Python files, relative to this one.")
    problems: list[Any] = Field(min_length=1)
    optimizers: list[Any] = Field(min_length=1)
    starts: Starts = Starts()
    seed: Natural | None = Field(None, description="Seed of random starts and sampled methods; 0 unless given.")
    seeds: list[Natural] | None = Field(None, min_length=1)
    stop: StopRules = StopRules()
    record: Recording = Recording()
    columns: list[Any] = []
    plots: list[Any] = []
    executor: Any = "auto"
    expect: list[Expectation] = []

    @model_validator(mode="after")
    def _one_kind_of_seed(self) -> Self:
        if self.seed is not None and self.seeds is not None:
            msg = "give seed or seeds, not both"
            raise ValueError(msg)
        return self


@dataclass(frozen=True)
class Run:
    """One run as plain data: names and numbers, JSON-serializable.

    `problem` and `optimizer` hold the settings that were given; `spec` those of the defaults too.
    """

    problem: dict[str, Any]
    optimizer: dict[str, Any]
    label: str
    start: dict[str, Any]
    seed: int
    stop: dict[str, Any]
    record: dict[str, Any]
    columns: list[Any]
    resolved: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def start_label(self) -> str:
        """The start in words, for tables: standard, random 0, scaled 10, point [1, 2]."""
        kind = self.start["kind"]
        if kind == "random":
            return f"random {self.start['index']}"
        if kind == "scaled":
            return f"scaled {self.start['factor']:g}"
        return kind if kind == "standard" else f"point [{', '.join(f'{v:g}' for v in self.start['x'])}]"

    def spec(self) -> dict[str, Any]:
        """Return everything that decides the run, defaults included and keys sorted; equal runs give equal text."""
        data = {"problem": self.problem, "optimizer": self.optimizer, "columns": self.columns, **self.resolved}
        data |= {"label": self.label, "start": self.start, "start_label": self.start_label, "seed": self.seed}
        data |= {"stop": self.stop, "record": self.record}
        return _sorted(data)  # type: ignore[no-any-return]


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
    all_runs: tuple[Run, ...] = field(repr=False)

    def runs(self) -> tuple[Run, ...]:
        """Return the runs: problems × optimizers × starts × seeds, sweeps expanded."""
        return self.all_runs

    def to_yaml(self, folder: Path | None = None) -> str:
        """Return the resolved file as YAML: overrides applied, plug-ins relative to `folder`."""
        from ruamel.yaml import YAML

        home = (folder or self.folder).resolve()
        data = {"name": self.name, **self.data}
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
    return _checked(document, path.parent, path, plugins)


def from_dict(data: dict[str, Any], folder: str | Path = ".") -> Experiment:
    """Check an experiment that is given as plain data; `folder` is what its plug-ins are relative to.

    Raises
    ------
    ConfigError
        With every mistake at once, each with the path of keys that leads to it.
    """
    return _checked(Document(_copied(data), ""), Path(folder), None, ())


def _checked(document: Document, folder: Path, source: Path | None, plugins: Sequence[str | Path]) -> Experiment:
    from optlab.expansion import Expansion

    if not isinstance(document.data, dict):
        document.report((), "an experiment is a mapping with the keys problems and optimizers")
        document.check()
    try:
        file = ExperimentFile.model_validate(document.data)
    except ValidationError as error:
        wording.report(document, error.errors(include_url=False), ExperimentFile)
        file = None
    more = Expansion(document, folder, [Path(p) for p in plugins])
    more.check(file)
    document.check()
    assert file is not None
    name = file.name or re.sub(r"[^A-Za-z0-9._-]+", "-", source.stem if source else "experiment").strip("-.") or "experiment"
    seeds = tuple(dict.fromkeys(file.seeds if file.seeds is not None else [file.seed or 0]))
    return Experiment(
        name, file.description, source, folder, more.plugins, more.columns, more.plots, seeds, tuple(file.expect),
        more.executor, document.data, more.runs(file.starts.each(), seeds, _plain(file.stop), _plain(file.record)),
    )  # fmt: skip


def _plain(model: Model) -> dict[str, Any]:
    return model.model_dump(exclude_none=True)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(v) for key, v in value.items()}
    return [_copied(v) for v in value] if isinstance(value, (list, tuple)) else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(v) for v in value] if isinstance(value, list) else value


__all__ = ["Experiment", "ExperimentFile", "Path_", "Run", "from_dict", "load"]

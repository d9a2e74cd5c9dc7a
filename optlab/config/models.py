"""The models of an experiment's YAML file: keys, types, ranges and defaults; their JSON Schema is `optlab schema`'s."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from optlab.config.claims import Expectation, Model
from optlab.config.sweeps import MAX_RUNS

STATIONARITY, ITERATIONS = 1e-8, 10_000
"""Stop rules of an experiment that names none, those of `optlab.minimize`."""
LEAST_MEGABYTES = 200
"""What the interpreter with numpy, scipy and autograd takes, and as much again."""


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _thinning(value: Any) -> Any:
    found = re.fullmatch(r"(every|geometric)\s*:?\s*(\d+)", value) if isinstance(value, str) else None
    return {found[1]: int(found[2])} if found else value


def _one_or_several(value: Any) -> Any:
    """Return a precision, or a sweep of them, as a list."""
    if isinstance(value, dict) and set(value) == {"grid"} and isinstance(value["grid"], list):
        return value["grid"]
    return [value] if isinstance(value, str) else value


Precision = Literal["float16", "float32", "float64"]


class PrecisionGrid(Model):
    """Several precisions, as a sweep."""

    grid: list[Precision] = Field(min_length=1)


Precisions = Annotated[
    list[Precision],
    Field(min_length=1),
    BeforeValidator(_one_or_several, json_schema_input_type=Precision | list[Precision] | PrecisionGrid),
]
Natural = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
Positive = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Starts(Model):
    """Where every optimizer begins; `standard` is true unless another kind of start is named."""

    standard: bool | None = Field(None, description="The problem's standard start.")
    random: Natural = Field(0, le=MAX_RUNS, description="How many random points in a ball around the standard start.")
    radius: Finite = Field(1.0, gt=0, description="Radius of that ball, in the units of x.")
    scaled: list[Finite] = Field([], description="Multiples of the standard start.")
    points: list[Annotated[list[Finite], Field(min_length=1)]] = Field(
        [], description="Points of the problem's dimension."
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.each():
            msg = "starts are empty: name standard, random, scaled or points"
            raise ValueError(msg)
        return self

    def each(self) -> list[dict[str, Any]]:
        """Return the starts, each as plain data."""
        others = self.random or self.scaled or self.points or "standard" in self.model_fields_set
        found: list[dict[str, Any]] = (
            [{"kind": "standard"}] if self.standard or (self.standard is None and not others) else []
        )
        found += [{"kind": "random", "index": i, "radius": float(self.radius)} for i in range(self.random)]
        found += [{"kind": "scaled", "factor": float(c)} for c in self.scaled]
        found += [{"kind": "point", "x": [float(v) for v in x]} for x in self.points]
        return list({repr(start): start for start in found}.values())


class Budgets(Model):
    """Most evaluations of each kind."""

    f: Positive | None = None
    gradient: Positive | None = None
    hessian: Positive | None = None
    hvp: Positive | None = None
    constraint: Positive | None = None
    jacobian: Positive | None = None
    sample: Positive | None = None


class StopRules(Model):
    """When a run ends; the first rule that holds decides."""

    stationarity: Finite = Field(STATIONARITY, ge=0, description="Relative to the stationarity at the standard start.")
    atol: Finite = Field(0.0, ge=0, description="Absolute, in the units of the gradient.")
    iterations: Natural = ITERATIONS
    evaluations: Budgets | None = None
    seconds: Finite | None = Field(
        None,
        gt=0,
        description="The method's own time; a step that goes on beyond it is killed soon after, and its iterates kept.",
    )
    megabytes: Finite | None = Field(
        None, ge=LEAST_MEGABYTES, description="Memory of the process of a run, which is killed beyond it."
    )


class Tuning(Model):
    """How the settings under an optimizer's own `tune` are chosen: every contender has the same trials and budget."""

    budget: Budgets = Field(description="Most evaluations of each training run.")
    trials: Positive | None = Field(
        None, description="Values tried per contender, drawn from its ranges; all of them where not given."
    )
    starts: Positive = Field(3, description="Training starts: random ones that no run of the experiment begins from.")
    radius: Finite = Field(
        1.0, gt=0, description="Radius of the ball around the standard start that they are drawn from."
    )
    per: Literal["problem", "all"] = Field("problem", description="One choice per problem, or one for all of them.")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.budget.model_fields_set:
            msg = "budget needs a number of evaluations, for example {gradient: 1000}"
            raise ValueError(msg)
        return self


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


Trajectory = Annotated[
    Annotated[Literal["all", "none"], Tag("<value>")] | Annotated[Thinned, Tag("<mapping>")],
    Discriminator(lambda value: "<mapping>" if isinstance(value, (dict, Thinned)) else "<value>"),
]


class Recording(Model):
    """Which iterates x are kept; the scalars of every iteration always are."""

    trajectory: Annotated[Trajectory, BeforeValidator(_thinning)] = "all"


class ExperimentFile(Model):
    """The YAML file; problems, optimizers, columns and plots are checked against the classes they name."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)] = Field(
        "", description="Folder of the results."
    )
    description: str = ""
    plugins: list[str] = Field([], description="Python files, relative to this one.")
    problems: list[Any] = Field(min_length=1)
    optimizers: list[Any] = Field(min_length=1)
    starts: Starts = Field(default_factory=lambda: Starts.model_validate({}))
    seed: Natural | None = Field(None, description="Seed of random starts and sampled methods; 0 unless given.")
    seeds: list[Natural] | None = Field(None, min_length=1)
    precision: Precisions = Field(
        ["float64"], description="The dtype of the problem and of the method's arithmetic, or several under grid."
    )
    stop: StopRules = Field(default_factory=lambda: StopRules.model_validate({}))
    record: Recording = Field(default_factory=lambda: Recording.model_validate({}))
    tune: Tuning | None = Field(None, description="How tuned settings are chosen.")
    columns: list[Any] = Field([])
    plots: list[Any] = Field([])
    executor: Any = "auto"
    expect: list[Expectation] = Field([])

    @model_validator(mode="after")
    def _one_kind_of_seed(self) -> Self:
        if self.seed is not None and self.seeds is not None:
            msg = "give seed or seeds, not both"
            raise ValueError(msg)
        return self

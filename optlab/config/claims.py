"""The models of what a YAML file may hold: their base, and the `expect:` block; `optlab.expect` evaluates it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

Number = Annotated[float, Field(strict=True)]
Scalar = str | bool | int | float | None
OPERATORS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "near": "near"}
STATISTICS = ("min", "max", "median", "mean", "count", "slope")
AGGREGATES = ("all", "any", "first", "last", *STATISTICS)


class Model(BaseModel):
    """Base of everything that a YAML file may hold: frozen, strict, no unknown keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


def _shape(value: Any) -> str:
    return "mapping" if isinstance(value, (dict, BaseModel)) else "list" if isinstance(value, list) else "value"


class Comparison(Model):
    """Operators and what they compare with; all of them must hold."""

    lt: Amount | None = Field(None, alias="<")
    le: Amount | None = Field(None, alias="<=")
    gt: Amount | None = Field(None, alias=">")
    ge: Amount | None = Field(None, alias=">=")
    eq: Value | None = Field(None, alias="==")
    ne: Value | None = Field(None, alias="!=")
    near: list[Amount] | None = Field(None, min_length=2, max_length=2, description="[value, absolute tolerance]")

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            msg = f"a condition needs at least one of {', '.join(OPERATORS.values())}"
            raise ValueError(msg)
        return self

    def parts(self) -> list[tuple[str, Any]]:
        """Return (operator, operand) pairs, those that were given."""
        return [(OPERATORS[name], getattr(self, name)) for name in OPERATORS if name in self.model_fields_set]


Filter = Annotated[
    Annotated[Scalar, Tag("<value>")]
    | Annotated[list[Scalar], Tag("<list>")]
    | Annotated[Comparison, Tag("<mapping>")],
    Discriminator(lambda value: f"<{_shape(value)}>"),
]
Filters = dict[str, Filter]


class Selection(Model):
    """Which values: of which runs, of which iterations, of which column."""

    runs: Filters = Field({}, description="Which runs: columns of the runs table and what they must be.")
    rows: Filters = Field({}, description="Which iterations: columns of the iterations table and what they must be.")
    at: Literal["all", "first", "last"] = Field("all", description="Which iteration of each run, among those.")
    against: str | None = Field(
        None, description="slope: the column on the horizontal axis; both axes are logarithmic."
    )


class Reference(Selection):
    """A number from the same tables: one statistic of a column, times a factor."""

    min: str | None = Field(None, description="The column whose least value is meant.")
    max: str | None = None
    median: str | None = None
    mean: str | None = None
    count: str | None = None
    slope: str | None = None
    times: Number = 1.0

    @model_validator(mode="after")
    def _one_statistic(self) -> Self:
        _exactly_one(self, STATISTICS, "min: iterations")
        return _slope_is_whole(self, "slope" in self.model_fields_set)  # type: ignore[return-value]

    @property
    def statistic(self) -> tuple[str, str]:
        """The statistic and its column."""
        return next((name, str(getattr(self, name))) for name in STATISTICS if name in self.model_fields_set)


Amount = Annotated[
    Annotated[Number, Tag("<value>")] | Annotated[Reference, Tag("<mapping>")],
    Discriminator(lambda value: "<mapping>" if _shape(value) == "mapping" else "<value>"),
]
Value = Annotated[
    Annotated[Scalar, Tag("<value>")] | Annotated[Reference, Tag("<mapping>")],
    Discriminator(lambda value: "<mapping>" if _shape(value) == "mapping" else "<value>"),
]
Condition = Filter


class Expectation(Selection):
    """One claim: a selection, an aggregate of it, and the condition it must meet."""

    says: str = Field("", description="The claim as a sentence; shown in the report.")
    column: str | None = Field(None, description="A column of the runs table, or else of the iterations table.")
    all: Condition | None = Field(None, description="Every value meets it.")
    any: Condition | None = Field(None, description="At least one value meets it.")
    first: Condition | None = Field(None, description="The first iteration of every run meets it.")
    last: Condition | None = Field(None, description="The last iteration of every run meets it.")
    min: Condition | None = None
    max: Condition | None = None
    median: Condition | None = None
    mean: Condition | None = None
    count: Condition | None = Field(None, description="How many values there are; may be 0.")
    slope: Condition | None = Field(None, description="Log-log slope of column against `against`.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        aggregate = _exactly_one(self, AGGREGATES, "all: CONVERGED")
        if self.column is None and aggregate != "count":
            msg = "an expectation needs a column"
            raise ValueError(msg)
        return _slope_is_whole(self, aggregate == "slope")  # type: ignore[return-value]

    @property
    def aggregate(self) -> tuple[str, Any]:
        """The aggregate and its condition."""
        return next((name, getattr(self, name)) for name in AGGREGATES if name in self.model_fields_set)


for _model in (Comparison, Selection, Reference, Expectation):
    _model.model_rebuild()


def _exactly_one(model: BaseModel, names: tuple[str, ...], example: str) -> str:
    given = [name for name in names if name in model.model_fields_set]
    if len(given) != 1:
        msg = f"exactly one of {', '.join(names)} is needed (for example {example}), given {', '.join(given) or 'none'}"
        raise ValueError(msg)
    return given[0]


def _slope_is_whole(selection: Selection, slope: bool) -> Selection:
    if slope != (selection.against is not None):
        msg = (
            "slope needs `against:`, for example against: problem.condition" if slope else "`against` belongs to slope"
        )
        raise ValueError(msg)
    return selection


def columns_named(selection: Selection) -> list[tuple[tuple[str | int, ...], str]]:
    """Return (where, column) of every column that a selection names, inner selections included."""
    named: list[tuple[tuple[str | int, ...], str]] = [(("runs", name), name) for name in selection.runs]
    named += [(("rows", name), name) for name in selection.rows]
    if selection.against is not None:
        named.append((("against",), selection.against))
    if isinstance(selection, Expectation):
        if selection.column is not None:
            named.append((("column",), selection.column))
        key, condition = selection.aggregate
        for operator, operand in condition.parts() if isinstance(condition, Comparison) else []:
            for i, part in enumerate(operand if isinstance(operand, list) else [operand]):
                if isinstance(part, Reference):
                    place = (key, operator, i) if isinstance(operand, list) else (key, operator)
                    named += [((*place, *where), name) for where, name in columns_named(part)]
    elif isinstance(selection, Reference):
        key, name = selection.statistic
        named.append(((key,), name))
    return named

"""The JSON Schema of experiment files, for editors: keys, types, and the settings of every name in the catalogue.

Put it beside a YAML file and begin that file with ``# yaml-language-server: $schema=schema.json``.
"""

from __future__ import annotations

import json
from dataclasses import MISSING
from math import inf
from typing import Any

from optlab.config.models import ExperimentFile
from optlab.config.selection import Select
from optlab.config.specs import adapter, plain
from optlab.core.settings import settings_of, type_of
from optlab.registry import Catalogue, inner_kind, suites

SWEEP_ENDS = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
SWEEP = {
    "type": "object",
    "description": "A sweep: a list of values, or [first, last, how many] spaced evenly or by a constant factor.",
    "properties": {"grid": {"type": "array", "minItems": 1}, "geomspace": SWEEP_ENDS, "linspace": SWEEP_ENDS},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
ZIP = {
    "type": "array",
    "description": "Groups of swept settings that advance together, for example [[step_size, momentum]].",
}
LABEL = {"type": "string", "description": "Its name in tables and plots; swept settings are added."}
NOT_JSON = (inf, -inf)
KINDS = ("problems", "optimizers", "columns", "plots", "executors", "searches", "sets", "transforms",
         "schedules", "initial_steps", "modifications", "step_rules")  # fmt: skip
SWEPT = ("problems", "optimizers", "searches", "sets", "transforms", "schedules", "initial_steps", "modifications",
         "step_rules")  # fmt: skip
ONE_CHAIN = {"anyOf": [{"$ref": "#/$defs/transforms"}, {"type": "array", "items": {"$ref": "#/$defs/transforms"}}]}
CHAINS = {
    "description": "What is done to the problem: a transform, a list of them, or several of these under grid.",
    "anyOf": [
        *ONE_CHAIN["anyOf"],
        {"type": "object", "properties": {"grid": {"type": "array", "items": {"anyOf": [*ONE_CHAIN["anyOf"],
         {"enum": ["none"]}]}}}, "required": ["grid"], "additionalProperties": False},
    ],
}  # fmt: skip


def json_schema(catalogue: Catalogue) -> dict[str, Any]:
    """Return the schema; every class of the catalogue is imported for it."""
    schema = ExperimentFile.model_json_schema(by_alias=True)
    defs: dict[str, Any] = schema.setdefault("$defs", {})
    defs["sweep"] = SWEEP
    for kind in KINDS:
        names = catalogue.names(kind) + (["auto"] if kind == "optimizers" else [])
        defs[kind] = {"anyOf": [{"enum": names}, {"oneOf": [_item(catalogue, kind, name) for name in names]}]}
    defs["problems"]["anyOf"] += _several(catalogue, defs)
    for kind in ("problems", "optimizers", "columns", "plots"):
        schema["properties"][kind]["items"] = {"$ref": f"#/$defs/{kind}"}
    schema["properties"]["executor"] = {"$ref": "#/$defs/executors"}
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema, "title": "optlab experiment"}


def schema_text(catalogue: Catalogue) -> str:
    """Return the schema as the text of a file."""
    return json.dumps(json_schema(catalogue), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _several(catalogue: Catalogue, defs: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items that stand for several problems; other keys in them are settings."""
    select = Select.model_json_schema(by_alias=True)
    defs.update(select.pop("$defs", {}))
    shared = {"exclude": {"type": "array", "items": {"enum": catalogue.names("problems")}}, "transforms": CHAINS,
              "zip": ZIP}  # fmt: skip
    suite = {"description": "Every problem of a suite.", "enum": sorted(suites(catalogue))}
    return [
        {"type": "object", "properties": {key: value, **shared}, "required": [key]}
        for key, value in (("suite", suite), ("select", select))
    ]


def _item(catalogue: Catalogue, kind: str, name: str) -> dict[str, Any]:
    cls = catalogue.find(kind, name)
    swept = kind in SWEPT
    settings = settings_of(cls)
    properties: dict[str, Any] = {"name": {"const": name}}
    for key, setting in settings.items():
        properties[key] = _setting(cls, key, swept)
        default = None if setting.default is MISSING else plain(setting.default)
        if default is not None and default not in NOT_JSON:
            properties[key] = {**properties[key], "default": default}
    if kind in ("problems", "optimizers"):
        properties["zip"] = ZIP
    if kind == "optimizers":
        properties["label"] = LABEL
        properties["tune"] = {
            "type": "object",
            "description": "Settings to be chosen before the runs, each with its range; see the file's own tune.",
            "properties": {key: {"$ref": "#/$defs/sweep"} for key in settings},
            "minProperties": 1,
            "additionalProperties": False,
        }
    if kind == "problems":
        properties["transforms"] = CHAINS
    required = [n for n, f in settings.items() if f.default is MISSING and f.default_factory is MISSING]
    return {
        "type": "object",
        "description": catalogue.entry(kind, name).summary,
        "properties": properties,
        "required": ["name", *required],
        "additionalProperties": False,
    }


def _setting(cls: type, key: str, swept: bool) -> dict[str, Any]:
    inner = inner_kind(type_of(cls, key))
    if inner:
        value: dict[str, Any] = {"$ref": f"#/$defs/{inner}"}
    else:
        rule = adapter(cls, key)
        value = {} if rule is None else rule.json_schema()
    return {"anyOf": [value, {"$ref": "#/$defs/sweep"}]} if swept and value else value

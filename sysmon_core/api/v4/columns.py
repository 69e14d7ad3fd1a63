"""Columns as version 4 shows them, and the schemas of rows, samples and reports by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sysmon_core.api.endpoints.runs import schema_name
from sysmon_core.api.framework.declarations import SCHEMAS_PATH, NamedSchema
from sysmon_core.api.framework.json_schema import PlainSchema
from sysmon_core.api.v4 import schemas
from sysmon_core.metrics.column import MEASURES, Column
from sysmon_core.metrics.metric import Metric

OTHER_TYPES = {"key": "number", "text": "boolean"}  # beside text, by the kind of a column


def shown_columns(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return the columns as bodies have them."""
    return [
        {
            "name": one.name,
            "description": one.description,
            "unit": one.unit or None,
            "kind": one.kind,
        }
        for one in columns
    ]


def report_schema(metric: Metric) -> NamedSchema:
    """Describe the report of one metric, each value by its column."""
    row = NamedSchema(f"row.{metric.name}", _row(metric))
    rows = {"type": "array", "items": row.reference}
    sample = NamedSchema(f"sample.{metric.name}", _with(schemas.Sample, rows=rows), (row,))
    whole = _with(
        schemas.Report,
        metric={"type": "string", "const": metric.name},
        params={"$ref": SCHEMAS_PATH + schema_name(metric)},
        samples={"type": "array", "items": sample.reference},
    )
    return NamedSchema(f"report.{metric.name}", whole, (sample, schemas.Column))


def _with(model: type[schemas.AtLeast], **properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a model, with others in place of some of its properties."""
    schema = _schema(model)
    return {**schema, "properties": schema["properties"] | properties}


@cache
def _schema(model: type[schemas.AtLeast]) -> dict[str, Any]:
    found = model.model_json_schema(
        ref_template=f"{SCHEMAS_PATH}{model.name_prefix}{{model}}", schema_generator=PlainSchema
    )
    return {key: value for key, value in found.items() if key not in {"title", "$defs"}}


def _row(metric: Metric) -> dict[str, Any]:
    """Describe a row: it has the declared columns and no others."""
    return {
        "type": "object",
        "description": f"A row of {metric.name}",
        "properties": {column.name: _value(column) for column in metric.columns},
        "required": [column.name for column in metric.columns],
        "additionalProperties": False,
    }


def _value(column: Column) -> dict[str, Any]:
    """Describe the values of a column, which are null where nothing is known."""
    kinds = ["number"] if column.kind in MEASURES else ["string", OTHER_TYPES[column.kind]]
    unit = f" ({column.unit})" if column.unit else ""
    return {"type": [*kinds, "null"], "description": f"{column.description}{unit}"}

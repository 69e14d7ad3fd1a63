"""What each operation in the API document reads: its parameters and its body."""

from __future__ import annotations

from typing import Any

from openapi_pydantic import MediaType, Parameter, RequestBody, schema_validate

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.inputs import FORM, JSON, WORDS, Body, Query, QueryAndBody, Reader
from sysmon_core.api.openapi.components import Models

PART = {"type": "string", "pattern": r"^[^/\x00-\x1f\x7f]+$"}  # as the front door lets it in

WORD = "|".join(
    "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in word)
    for word in WORDS
)
WORD = f"^({WORD})$"


def parameters(resource: Resource, reads: Reader | None, models: Models) -> list[Parameter]:
    """Those in the path and those in the query."""
    return [*_parts(resource), *_query(reads, models)]


def _parts(resource: Resource) -> list[Parameter]:
    """What varies in the path."""
    return [
        _parameter("path", name, PART | {"description": meaning}, required=True)
        for name, meaning in resource.parts.items()
    ]


def _query(reads: Reader | None, models: Models) -> list[Parameter]:
    """A parameter for each field that the query may have."""
    if not isinstance(reads, Query | QueryAndBody):
        return []
    whole = models.schema(reads.model)
    required = whole.get("required", []) if isinstance(reads, Query) else []
    return [
        _parameter("query", name, _without_null(schema), required=name in required)
        for name, schema in whole.get("properties", {}).items()
    ]


def _parameter(place: str, name: str, schema: dict[str, Any], *, required: bool) -> Parameter:
    rest = {key: value for key, value in schema.items() if key != "description"}
    told = {"name": name, "in": place, "required": required, "schema": rest}
    return Parameter.model_validate(told | {"description": schema.get("description")})


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: to leave a parameter out is to say nothing of it."""
    told = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    kinds: list[dict[str, Any]] = told.pop("anyOf", [])
    kinds = [kind for kind in kinds if kind != {"type": "null"}]
    if len(kinds) == 1:
        return kinds[0] | told
    return told | ({"anyOf": kinds} if kinds else {})


def body(reads: Body | QueryAndBody, models: Models) -> RequestBody:
    """The same fields as JSON or as a form; none must be here that the query may have."""
    whole = models.schema(reads.model)
    required = bool(whole.get("required")) and isinstance(reads, Body)
    if isinstance(reads, QueryAndBody):
        whole = {key: value for key, value in whole.items() if key != "required"}
    contents = {JSON: whole, FORM: _in_words(whole) if isinstance(reads, Body) else whole}
    own = models.schema(reads.model)
    media = {
        kind: MediaType(
            schema=models.content(reads.model) if content == own else schema_validate(content)
        )
        for kind, content in contents.items()
    }
    return RequestBody(content=media, required=required)


def _in_words(schema: dict[str, Any]) -> dict[str, Any]:
    """A form has no booleans, but words for them, in any case."""
    fields = dict(schema.get("properties", {}))
    for name, field in fields.items():
        if field.get("type") == "boolean":
            default = {"default": str(field["default"]).lower()} if "default" in field else {}
            fields[name] = field | {"type": "string", "pattern": WORD} | default
    return schema | {"properties": fields}

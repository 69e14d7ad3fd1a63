"""The parameters and the request body of each operation in the API document."""

from __future__ import annotations

from typing import Any

from openapi_pydantic import MediaType, Parameter, RequestBody, schema_validate

from sysmon_core.api.framework.declarations import Endpoint, Resource
from sysmon_core.api.framework.inputs import (
    FORM,
    JSON,
    TRUTH_WORDS,
    Body,
    Query,
    QueryAndBody,
    Reader,
)
from sysmon_core.api.openapi import headers
from sysmon_core.api.openapi.components import Models

PART = {
    "type": "string",
    "pattern": r"^[^/\x00-\x1f\x7f]+$",
}  # others are refused before they are routed

REPEATED = {"style": "form", "explode": True}  # names=a&names=b, not names=a,b

WORD = "|".join(
    "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in word)
    for word in TRUTH_WORDS
)
WORD = f"^({WORD})$"


def parameters(resource: Resource, endpoint: Endpoint, models: Models) -> list[Parameter]:
    """Return the parameters in the path, then those in the query, then the headers."""
    queries = _query(endpoint.reads, models)
    return [*_parts(resource), *queries, *headers.of_request(endpoint.headers)]


def _parts(resource: Resource) -> list[Parameter]:
    """Return a parameter for each part of the path that varies."""
    return [
        _parameter("path", name, PART | {"description": meaning}, required=True)
        for name, meaning in resource.parts.items()
    ]


def _query(reads: Reader | None, models: Models) -> list[Parameter]:
    """Return a parameter for each field that the query may have."""
    if not isinstance(reads, Query | QueryAndBody):
        return []
    whole = models.schema(reads)
    required = whole.get("required", []) if isinstance(reads, Query) else []
    fields = whole.get("properties", {}) | _options(reads, models)
    return [
        _parameter("query", name, _without_null(schema), required=name in required)
        for name, schema in fields.items()
    ]


def _options(reads: Query | QueryAndBody, models: Models) -> dict[str, Any]:
    """Return the schemas of the options that the query may have beside the params."""
    if not isinstance(reads, Query) or reads.options is None:
        return {}
    fields = models.model_schema(reads.options)["properties"]
    return {name: fields[name] for name in fields if name in reads.options_beside_params()}


def _parameter(place: str, name: str, schema: dict[str, Any], *, required: bool) -> Parameter:
    rest = {key: value for key, value in schema.items() if key != "description"}
    fields = {"name": name, "in": place, "required": required, "schema": rest}
    fields |= REPEATED if rest.get("type") == "array" else {}
    return Parameter.model_validate(fields | {"description": schema.get("description")})


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without null, which a query cannot have."""
    found = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    kinds: list[dict[str, Any]] = found.pop("anyOf", [])
    kinds = [kind for kind in kinds if kind != {"type": "null"}]
    if len(kinds) == 1:
        return kinds[0] | found
    return found | ({"anyOf": kinds} if kinds else {})


def body(reads: Body | QueryAndBody, models: Models) -> RequestBody:
    """Return the body in each media type that is read.

    A field that the query may have is not required in it.
    """
    whole = models.schema(reads)
    required = bool(whole.get("required")) and isinstance(reads, Body)
    if isinstance(reads, QueryAndBody):
        whole = {key: value for key, value in whole.items() if key != "required"}
    contents = {JSON: whole, FORM: _in_words(whole) if isinstance(reads, Body) else whole}
    kinds = reads.kinds if isinstance(reads, Body) else tuple(contents)
    own = models.schema(reads)
    media = {
        kind: MediaType(
            schema=models.reference(reads) if content == own else schema_validate(content)
        )
        for kind, content in contents.items()
        if kind in kinds
    }
    return RequestBody(content=media, required=required)


def _in_words(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with words in place of booleans, which a form cannot have."""
    fields = dict(schema.get("properties", {}))
    for name, field in fields.items():
        if field.get("type") == "boolean":
            default = {"default": str(field["default"]).lower()} if "default" in field else {}
            fields[name] = field | {"type": "string", "pattern": WORD} | default
    return schema | {"properties": fields}

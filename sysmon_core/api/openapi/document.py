"""The OpenAPI 3.1 document of every path, made from the declarations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from openapi_pydantic import (
    Components,
    Info,
    License,
    OpenAPI,
    Operation,
    PathItem,
    SecurityScheme,
    Server,
    Tag,
)

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.inputs import Body, QueryAndBody
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.openapi.components import Models
from sysmon_core.api.openapi.inputs import body, parameters
from sysmon_core.api.openapi.responses import headers, responses

SCHEME = "basicAuth"
NO_VERSION_TAG = "sysmon"

DESCRIPTION = """\
Ask a host what is going on right now.

What answers GET answers HEAD, unless GET starts a task. A path without its last slash leads to
the one with it. Every error is `application/problem+json`.
"""


def describe(resources: Iterable[Resource], versions: Mapping[str, str]) -> dict[str, Any]:
    """Make the document as JSON, without the URL prefix, which differs between requests."""
    resources = list(resources)
    models = Models(resources)
    tags = {NO_VERSION_TAG: "Where to begin", **versions}
    whole = OpenAPI(
        openapi="3.1.0",
        info=Info(
            title="sysmon",
            version=version("sysmon"),
            description=DESCRIPTION,
            license=License(name="MIT", identifier="MIT"),
        ),
        servers=[Server(url="/")],
        tags=[Tag(name=name, description=text) for name, text in tags.items()],
        paths={resource.path: _path(resource, models) for resource in resources},
        components=Components(
            schemas=models.components(),
            headers=headers(),
            securitySchemes={SCHEME: SecurityScheme(type="http", scheme="basic")},
        ),
    )
    text = whole.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)
    document: dict[str, Any] = json.loads(text, parse_float=_number)
    return document


def _number(text: str) -> float:
    """Return the number, as an integer if it is whole: pydantic makes floats of all limits."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _path(resource: Resource, models: Models) -> PathItem:
    operations = {
        method.lower(): _operation(resource, method, models) for method in resource.endpoints
    }
    return PathItem.model_validate(operations)


def _operation(resource: Resource, method: str, models: Models) -> Operation:
    endpoint = resource.endpoints[method]
    operation = Operation(
        operationId=resource.endpoint_id(method),
        tags=[resource.version or NO_VERSION_TAG],
        summary=endpoint.summary,
        description=endpoint.description or None,
        parameters=parameters(resource, endpoint.reads, models),
        responses=responses(resource, endpoint, models),
        security=[] if endpoint.permission == PUBLIC else [{SCHEME: [endpoint.permission]}],
    )
    if isinstance(endpoint.reads, Body | QueryAndBody):
        operation.requestBody = body(endpoint.reads, models)
    return operation

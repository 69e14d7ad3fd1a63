"""OpenAPI 3.1: the document of every path, made from what is declared."""

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

from sysmon_core.api.endpoints import Service
from sysmon_core.api.inputs import Body, QueryAndBody
from sysmon_core.api.openapi_answers import headers, responses
from sysmon_core.api.openapi_inputs import body, parameters
from sysmon_core.api.openapi_models import Models
from sysmon_core.api.security import PUBLIC

SCHEME = "basicAuth"
START = "sysmon"  # the tag of what belongs to no version

ABOUT = """\
Ask a host what is going on right now.

What answers GET answers HEAD, unless GET starts a task. A path without its last slash leads to
the one with it. Every error is `application/problem+json`.
"""


def describe(services: Iterable[Service], versions: Mapping[str, str]) -> dict[str, Any]:
    """The document as JSON has it, but for the prefix, which each request may have its own of."""
    services = list(services)
    models = Models(services)
    tags = {START: "Where to begin", **versions}
    whole = OpenAPI(
        openapi="3.1.0",
        info=Info(
            title="sysmon",
            version=version("sysmon"),
            description=ABOUT,
            license=License(name="MIT", identifier="MIT"),
        ),
        servers=[Server(url="/")],
        tags=[Tag(name=name, description=text) for name, text in tags.items()],
        paths={service.path: _path(service, models, versions) for service in services},
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
    """A limit that was whole in the declaration is whole in the document."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _path(service: Service, models: Models, versions: Iterable[str]) -> PathItem:
    tag = service.name.partition(".")[0]
    operations = {
        method.lower(): _operation(service, method, tag if tag in versions else START, models)
        for method in service.endpoints
    }
    return PathItem.model_validate(operations)


def _operation(service: Service, method: str, tag: str, models: Models) -> Operation:
    endpoint = service.endpoints[method]
    operation = Operation(
        operationId=service.endpoint_id(method),
        tags=[tag],
        summary=endpoint.summary,
        description=endpoint.description or None,
        parameters=parameters(service, endpoint.reads, models),
        responses=responses(service, endpoint, models),
        security=[] if endpoint.permission == PUBLIC else [{SCHEME: [endpoint.permission]}],
    )
    if isinstance(endpoint.reads, Body | QueryAndBody):
        operation.requestBody = body(endpoint.reads, models)
    return operation

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

from sysmon_core.api.framework.challenges import SESSION_COOKIE, SESSION_PATH
from sysmon_core.api.framework.declarations import Endpoint, Resource
from sysmon_core.api.framework.inputs import Body, QueryAndBody
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.framework.problems import is_explained
from sysmon_core.api.openapi import headers
from sysmon_core.api.openapi.components import Models
from sysmon_core.api.openapi.inputs import body, parameters
from sysmon_core.api.openapi.responses import responses

BASIC = "basicAuth"
BEARER = "bearerAuth"
SESSION = "sessionCookie"
ABOUT_TOKENS = "A token of `/v4/tokens/`, or of `sysmon token create`"
ABOUT_SESSIONS = {
    "type": "apiKey",
    "in": "cookie",
    "name": SESSION_COOKIE,
    "description": f"A session, which a page begins by POST to `{SESSION_PATH}`",
}
NO_VERSION_TAG = "sysmon"

DESCRIPTION = """\
Ask a host what is going on right now.

What answers GET answers HEAD, unless GET starts a task. A path without its last slash leads to
the one with it. Every error is `application/problem+json`.
"""


def describe(
    resources: Iterable[Resource], versions: Mapping[str, str], lacks: Mapping[str, str]
) -> dict[str, Any]:
    """Make the document as JSON, without the URL prefix, which differs between requests.

    Args:
        resources: what is described.
        versions: the summary of each version, by its name.
        lacks: why an endpoint cannot be had now, by its id.
    """
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
        paths={resource.path: _path(resource, models, lacks) for resource in resources},
        components=Components(
            schemas=models.components(),
            headers=headers.components(),
            securitySchemes={
                BASIC: SecurityScheme(type="http", scheme="basic"),
                BEARER: SecurityScheme(type="http", scheme="bearer", description=ABOUT_TOKENS),
                SESSION: SecurityScheme.model_validate(ABOUT_SESSIONS),
            },
        ),
    )
    text = whole.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)
    document: dict[str, Any] = json.loads(text, parse_float=_number)
    return document


def _number(text: str) -> float:
    """Return the number, as an integer if it is whole: pydantic makes floats of all limits."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _path(resource: Resource, models: Models, lacks: Mapping[str, str]) -> PathItem:
    operations = {
        method.lower(): _operation(
            resource, method, models, lacks.get(resource.endpoint_id(method))
        )
        for method in resource.endpoints
    }
    return PathItem.model_validate(operations)


def _security(path: str, endpoint: Endpoint) -> list[dict[str, list[str]]]:
    """Return the schemes of authentication, each with what the user and the token must permit."""
    user, token = [endpoint.permission], [endpoint.permission, endpoint.scope.word]
    session = [{SESSION: user}] if is_explained({"PATH_INFO": path}) else []
    return [{BASIC: user}, {BEARER: token}, *session]


def _operation(resource: Resource, method: str, models: Models, lacks: str | None) -> Operation:
    endpoint = resource.endpoints[method]
    operation = Operation(
        operationId=resource.endpoint_id(method),
        tags=[resource.version or NO_VERSION_TAG],
        summary=endpoint.summary,
        description=_description(endpoint, lacks),
        parameters=parameters(resource, endpoint, models),
        responses=responses(resource, endpoint, models),
        security=[] if endpoint.permission == PUBLIC else _security(resource.path, endpoint),
    )
    if isinstance(endpoint.reads, Body | QueryAndBody):
        operation.requestBody = body(endpoint.reads, models)
    return operation


def _description(endpoint: Endpoint, lacks: str | None) -> str | None:
    texts = [endpoint.description, f"Not available on this host: {lacks}" if lacks else ""]
    return "\n\n".join(filter(None, texts)) or None

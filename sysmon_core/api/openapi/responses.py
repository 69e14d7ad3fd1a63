"""The responses of each operation in the API document, errors included."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from openapi_pydantic import DataType, Header, Link, MediaType, Reference, Response, Schema

from sysmon_core import errors
from sysmon_core.api import schemas
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.errors import DETAILS, status_of
from sysmon_core.api.framework.inputs import Query
from sysmon_core.api.framework.permissions import ADMIN, PUBLIC
from sysmon_core.api.framework.problems import MEDIA_TYPE
from sysmon_core.api.openapi.components import Models

REQUEST_ID = "X-Request-Id"
STATUS_HEADERS = {  # headers of responses of these statuses, beside the request's id
    201: "Location",
    401: "WWW-Authenticate",
    405: "Allow",
    429: "Retry-After",
    503: "Retry-After",
}

AUTHENTICATION_ERRORS = (
    *(errors.DatabaseUnavailable, errors.TooManyGuesses, errors.TooManyLogins),
    errors.AuditStalled,
)
CHANGE_ERRORS = (errors.CrossSite, errors.AuditStalled)

ALWAYS = (
    (400, "The path or the query is not UTF-8, or has control characters."),
    (405, f"{DETAILS[405]}."),
    (406, "The header Accept leaves nothing that could be answered."),
    (421, "The header Host is no name of this service."),
    (500, "A fault of the server; its log has more."),
)


def headers() -> dict[str, Header | Reference]:
    """Return the header components, to be referred to."""
    described = {
        REQUEST_ID: ("The id of the request, which the log has too", DataType.STRING),
        "Location": ("The path of what was made", DataType.STRING),
        "WWW-Authenticate": ("How to say who one is", DataType.STRING),
        "Allow": ("The methods that the path knows", DataType.STRING),
        "Retry-After": ("Seconds after which to try again", DataType.INTEGER),
    }
    return {
        name: Header(description=text, required=True, schema=Schema(type=kind))
        for name, (text, kind) in described.items()
    }


def responses(resource: Resource, endpoint: Endpoint, models: Models) -> dict[str, Response]:
    """Every response of an endpoint, by status."""
    found = {
        status: _given(status, answer, resource.media_type, models)
        for status, answer in endpoint.answers.items()
    }
    for status, text in sorted(_refusals(resource, endpoint).items()):
        problem = MediaType(schema=models.content(schemas.Problem))
        found[status] = Response(
            description=text, headers=_headers(status), content={MEDIA_TYPE: problem}
        )
    return {str(status): response for status, response in found.items()}


def _given(status: int, answer: Answer, media_type: str, models: Models) -> Response:
    response = Response(description=HTTPStatus(status).phrase, headers=_headers(status))
    if answer.content is not None:
        response.content = {media_type: MediaType(schema=models.content(answer.content))}
    if answer.follow:
        response.links = {
            name: Link(operationId=name, parameters={part: f"$response.body#/{part}"})
            for name, part in answer.follow.items()
        }
    return response


def _headers(status: int) -> dict[str, Header | Reference]:
    names = [REQUEST_ID, STATUS_HEADERS[status]] if status in STATUS_HEADERS else [REQUEST_ID]
    return {
        name: Reference.model_validate({"$ref": f"#/components/headers/{name}"}) for name in names
    }


def _refusals(resource: Resource, endpoint: Endpoint) -> dict[int, str]:
    """Return a description for each status of an error; one status may have several reasons."""
    found: dict[int, str] = {}
    for status, text in [*_reasons(endpoint), *_change_reasons(resource, endpoint)]:
        if text not in found.get(status, ""):
            found[status] = f"{found[status]} {text}" if status in found else text
    return found


def _change_reasons(resource: Resource, endpoint: Endpoint) -> Iterator[tuple[int, str]]:
    methods = [method for method, one in resource.endpoints.items() if one is endpoint]
    if any(map(resource.acts, methods)):
        yield from ((status_of(kind), kind.meaning) for kind in CHANGE_ERRORS)


def _reasons(endpoint: Endpoint) -> Iterator[tuple[int, str]]:
    if endpoint.reads:
        yield 400, "Input that is wrong; `errors` names all of it."
    yield from ALWAYS
    if endpoint.reads and not isinstance(endpoint.reads, Query):
        yield 413, "The body is too large."
        yield 415, "The body is neither JSON nor a form, or does not say which."
    raised = endpoint.raises
    if endpoint.permission != PUBLIC:
        yield 401, f"{DETAILS[401]}."
        raised = (*AUTHENTICATION_ERRORS, *raised)
    if endpoint.permission == ADMIN:
        yield 403, f"{DETAILS[403]}."
    for kind in raised:
        yield status_of(kind), kind.meaning

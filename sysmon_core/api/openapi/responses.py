"""The responses of each operation in the API document, errors included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from openapi_pydantic import Link, MediaType, Response

from sysmon_core import errors
from sysmon_core.api import schemas
from sysmon_core.api.framework.conditional import KEPT
from sysmon_core.api.framework.declarations import CONDITION, Answer, Endpoint, Resource
from sysmon_core.api.framework.errors import DETAILS, meaning, status_of
from sysmon_core.api.framework.inputs import Query
from sysmon_core.api.framework.permissions import ADMIN, PUBLIC
from sysmon_core.api.framework.problems import MEDIA_TYPE, is_explained
from sysmon_core.api.openapi import headers
from sysmon_core.api.openapi.components import Models
from sysmon_core.api.openapi.headers import ETAG, NO_CHANGE

AUTHENTICATION_ERRORS = (
    *(errors.DatabaseUnavailable, errors.TooManyGuesses, errors.TooManyLogins),
    *(errors.AuditStalled, errors.CredentialsInClear),
)
CHANGE_ERRORS = (errors.CrossSite, errors.AuditStalled)

ALWAYS = (
    (400, "The path or the query is not UTF-8, or has control characters."),
    (405, f"{DETAILS[405]}."),
    (406, "The header Accept leaves nothing that could be answered."),
    (421, "The header Host is no name of this service."),
    (500, "A fault of the server; its log has more."),
)


def responses(resource: Resource, endpoint: Endpoint, models: Models) -> dict[str, Response]:
    """Return every response of an endpoint, by status."""
    conditional = CONDITION in endpoint.headers
    found = {
        status: _given(status, answer, resource.media_types_of(endpoint), models, conditional)
        for status, answer in endpoint.answers.items()
    }
    if conditional:
        found[NO_CHANGE] = _unchanged(endpoint)
    kind = schemas.CodedProblem if is_explained({"PATH_INFO": resource.path}) else schemas.Problem
    problem = MediaType(schema=models.content(kind))
    for status, text in sorted(_refusals(resource, endpoint).items()):
        found[status] = Response(
            description=text,
            headers=headers.of_response(status),
            content={MEDIA_TYPE: problem},
        )
    return {str(status): response for status, response in found.items()}


def _unchanged(endpoint: Endpoint) -> Response:
    named = [name for answer in endpoint.answers.values() for name in answer.headers]
    kept = [name for name in named if name in KEPT]
    described = headers.of_response(NO_CHANGE, kept)
    return Response(description="The client has it already.", headers=described)


def _given(
    status: int, answer: Answer, media_types: Sequence[str], models: Models, conditional: bool
) -> Response:
    names = [*([ETAG] if conditional else []), *answer.headers]
    response = Response(
        description=HTTPStatus(status).phrase, headers=headers.of_response(status, names)
    )
    if answer.content is not None:
        response.content = {
            kind: MediaType(schema=models.content(answer.formats.get(kind, answer.content)))
            for kind in answer.media_types or media_types
        }
    if answer.follow:
        response.links = {
            name: Link(operationId=name, parameters={part: f"$response.body#/{part}"})
            for name, part in answer.follow.items()
        }
    return response


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
        yield from ((status_of(kind), meaning(kind)) for kind in CHANGE_ERRORS)


def _reasons(endpoint: Endpoint) -> Iterator[tuple[int, str]]:
    if endpoint.reads:
        yield 400, "Input that is wrong; `errors` names all of it."
    yield from ALWAYS
    if endpoint.reads and not isinstance(endpoint.reads, Query):
        yield 413, "The body is too large."
        yield 415, "The body is none of the media types that are read here, or does not say which."
    raised = endpoint.raises
    if endpoint.permission != PUBLIC:
        yield 401, f"{DETAILS[401]}."
        yield 403, "The token does not permit this."
        raised = (*AUTHENTICATION_ERRORS, *raised)
    if endpoint.permission == ADMIN:
        yield 403, f"{DETAILS[403]}."
    for kind in raised:
        yield status_of(kind), meaning(kind)

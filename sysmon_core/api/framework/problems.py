"""Problem details (RFC 9457): error responses as application/problem+json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pyramid.response import Response

from sysmon_core.api.framework.environ_keys import REQUEST_ID
from sysmon_core.errors import Fault

MEDIA_TYPE = "application/problem+json"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="sysmon", charset="UTF-8"'}


def problem_fields(
    status: int, detail: str, instance: str, faults: Iterable[Fault] = ()
) -> dict[str, Any]:
    """Return the members of a problem."""
    fields: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    errors = [{"in": one.place, "name": one.name, "detail": one.detail} for one in faults]
    return fields | ({"errors": errors} if errors else {})


def problem(
    environ: Mapping[str, Any],
    status: int,
    detail: str,
    faults: Iterable[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the error response to the request of this WSGI environ."""
    fields = problem_fields(status, detail, environ[REQUEST_ID], faults)
    response = Response(
        json.dumps(fields).encode(), f"{status} {fields['title']}", content_type=MEDIA_TYPE
    )
    response.headers.update(headers or {})
    return response

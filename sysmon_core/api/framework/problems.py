"""Problem details (RFC 9457): error responses as application/problem+json.

Those of versions 1 to 3 say nothing beyond the status (``about:blank``). Those of version 4 have a
name, and their type is the path of a page that explains it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pyramid.response import Response

from sysmon_core.api.framework.environ_keys import REQUEST_ID, SHOW_PROBLEM
from sysmon_core.errors import Fault

MEDIA_TYPE = "application/problem+json"
EXPLANATIONS_PATH = "/problems/"  # of what explains problems, each below it by its name
PAGES_PREFIX = "/ui/"  # of what a browser shows to people
LOGIN_PAGE = f"{PAGES_PREFIX}login"
EXPLAINED = re.compile(r"/v4(/|$)|/ui/|/session$")  # paths whose problems have names

NAMES = {  # of problems that no exception of ours stands for
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "request-timeout",
    413: "body-too-large",
    415: "unsupported-media-type",
    421: "misdirected-request",
    500: "internal-error",
}


def is_explained(environ: Mapping[str, Any]) -> bool:
    """Whether a request is for version 4 or a page, whose problems have names.

    This alone decides it.
    """
    return EXPLAINED.match(environ.get("PATH_INFO", "")) is not None


def is_page(environ: Mapping[str, Any]) -> bool:
    """Whether a request is for a page, or for a file of one."""
    path: str = environ.get("PATH_INFO", "")
    return path.startswith(PAGES_PREFIX)


def problem(
    environ: Mapping[str, Any],
    status: int,
    detail: str,
    faults: Iterable[Fault] = (),
    headers: Iterable[tuple[str, str]] = (),
    name: str = "",
) -> Response:
    """Return the error response to the request of this WSGI environ.

    ``name`` is that of the problem; by default that of the status.
    """
    fields: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": environ[REQUEST_ID],
    }
    if is_explained(environ):
        fields |= _explanation(environ, name or _name_of(status))
    errors = [{"in": one.place, "name": one.name, "detail": one.detail} for one in faults]
    fields |= {"errors": errors} if errors else {}
    response = environ.get(SHOW_PROBLEM, _as_json)(environ, fields)
    response.headerlist.extend(headers)
    return response


def _as_json(_environ: Mapping[str, Any], fields: Mapping[str, Any]) -> Response:
    status = f"{fields['status']} {fields['title']}"
    return Response(json.dumps(fields).encode(), status, content_type=MEDIA_TYPE)


def _name_of(status: int) -> str:
    return NAMES.get(status) or NAMES[400 if status < 500 else 500]


def prefix_of(environ: Mapping[str, Any]) -> str:
    """Return the prefix of this service's URL, quoted; it is empty if there is none."""
    return quote(environ.get("SCRIPT_NAME", ""), encoding="latin-1")


def _explanation(environ: Mapping[str, Any], name: str) -> dict[str, str]:
    return {"type": f"{prefix_of(environ)}{EXPLANATIONS_PATH}{name}", "code": name}

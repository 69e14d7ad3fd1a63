"""The headers of requests and responses in the API document."""

from __future__ import annotations

from collections.abc import Iterable

from openapi_pydantic import DataType, Header, Parameter, Reference, Schema

from sysmon_core.api.framework import idempotency
from sysmon_core.api.framework.declarations import CONDITION

REQUEST_ID = "X-Request-Id"
ETAG = "ETag"
NO_CHANGE = 304
STATUS_HEADERS = {  # headers of responses of these statuses, beside the request's id
    201: "Location",
    304: ETAG,
    401: "WWW-Authenticate",
    405: "Allow",
    429: "Retry-After",
    503: "Retry-After",
}

REQUEST = {  # what an endpoint may heed: what it means, and a pattern of it
    CONDITION: ("ETags of what the client has: 304 if it is one of them; `*` is any", None),
    "Prefer": ("`wait=N`: answer when the task has ended, or after N seconds", None),
    idempotency.NAME: (
        "A text of the client's own: sent again with the same body, it gets the first answer again",
        idempotency.PATTERN,
    ),
}

RESPONSE = {  # what it means, its type, and whether each response that may have it does
    REQUEST_ID: ("The id of the request, which the log has too", DataType.STRING, True),
    "Location": ("The path of what was made", DataType.STRING, True),
    "WWW-Authenticate": ("How to say who one is", DataType.STRING, True),
    "Allow": ("The methods that the path knows", DataType.STRING, True),
    "Retry-After": ("Seconds after which to try again", DataType.INTEGER, True),
    ETAG: ("What If-None-Match names, to ask whether it is still so", DataType.STRING, True),
    "Age": ("Seconds since the run of the report began", DataType.INTEGER, True),
    "Link": ("The next page, if there is one", DataType.STRING, False),
    "Set-Cookie": ("The cookie of a session, if one begins or ends", DataType.STRING, False),
    "Preference-Applied": ("`wait=N` if it was heeded", DataType.STRING, False),
}


def components() -> dict[str, Header | Reference]:
    """Return the header components, to be referred to."""
    return {
        name: Header(description=text, required=always, schema=Schema(type=kind))
        for name, (text, kind, always) in RESPONSE.items()
    }


def of_response(status: int, others: Iterable[str] = ()) -> dict[str, Header | Reference]:
    """Return references to the headers that a response has or may have."""
    names = [REQUEST_ID, *filter(None, (STATUS_HEADERS.get(status),)), *others]
    return {
        name: Reference.model_validate({"$ref": f"#/components/headers/{name}"}) for name in names
    }


def of_request(names: Iterable[str]) -> list[Parameter]:
    """Return a parameter for each request header that an endpoint heeds."""
    return [_parameter(name, *REQUEST[name]) for name in names]


def _parameter(name: str, text: str, pattern: str | None) -> Parameter:
    schema = {"type": "string"} | ({"pattern": pattern} if pattern else {})
    fields = {"name": name, "in": "header", "required": False, "description": text}
    return Parameter.model_validate(fields | {"schema": schema})

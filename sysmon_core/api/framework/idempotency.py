"""The header Idempotency-Key: a request that is sent again gets the first response again.

As in draft-ietf-httpapi-idempotency-key-header, whose key is a quoted string; a bare one is heeded
too.
"""

from __future__ import annotations

import re

from pyramid.request import Request

from sysmon_core.errors import Fault, InvalidInput

NAME = "Idempotency-Key"
# The API document has this pattern, so it keeps to what JSON Schema knows.
PATTERN = r'^("[\x21\x23-\x7e]{1,255}"|[\x21\x23-\x7e]{1,255})$'
KEY = re.compile(PATTERN)


def idempotency_key(request: Request) -> str | None:
    """Return the key that the request has, without its quotation marks.

    Raises:
        InvalidInput: the header has no key, or one that is too long.
    """
    text: str | None = request.headers.get(NAME)
    if text is None:
        return None
    if not KEY.fullmatch(text.strip()):
        fault = "must have 1 to 255 printable characters of ASCII, without spaces"
        raise InvalidInput([Fault(NAME, fault, "header")])
    return text.strip().strip('"')

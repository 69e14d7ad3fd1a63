"""Conditional requests (RFC 9110, 13): a response that the client has already is a 304."""

from __future__ import annotations

import re
from hashlib import blake2b

from pyramid.httpexceptions import HTTPNotModified
from pyramid.request import Request

TAG = re.compile(r'(?:W/)?"([^"]*)"')
DIGEST_BYTES = 12
# By a 304, as the 200 has them (RFC 9110, 15.4.5); the last tells that a wait was heeded.
KEPT = ("Cache-Control", "Vary", "Age", "ETag", "Preference-Applied")
REVALIDATED = "private, no-cache"  # kept by the client's own cache, which asks before each use


def conditional(request: Request, etag: str) -> None:
    """Give the response a weak ETag; end the request with 304 where the client has that one.

    A view calls it once the response has its other headers, and before it makes the body. Without
    a Cache-Control of its own the response may be kept by its client, who asks before each use.

    ``etag`` is any text that differs where what is shown does; its digest is sent, together with
    that of the URL prefix, which all links have.

    Raises:
        HTTPNotModified: If-None-Match names the ETag, or is ``*``.
    """
    digest = blake2b(f"{request.script_name}\n{etag}".encode(), digest_size=DIGEST_BYTES)
    opaque = digest.hexdigest()
    headers = request.response.headers
    headers["ETag"] = f'W/"{opaque}"'
    headers.setdefault("Cache-Control", REVALIDATED)
    if request.method in {"GET", "HEAD"} and _has(request, opaque):
        raise HTTPNotModified(headers={name: headers[name] for name in KEPT if name in headers})


def _has(request: Request, opaque: str) -> bool:
    """Whether If-None-Match names an entity tag, by the weak comparison."""
    condition = request.headers.get("If-None-Match", "")
    return condition.strip() == "*" or opaque in TAG.findall(condition)

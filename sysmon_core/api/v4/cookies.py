"""The cookie of a session, as browsers get it."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.challenges import SESSION_COOKIE, session_secret


def give_session(request: Request, response: Response, secret: str) -> None:
    """Give the browser the secret of a session, for as long as it runs."""
    response.set_cookie(SESSION_COOKIE, secret, **_attributes(request))


def clear_session(request: Request, response: Response) -> None:
    """Have the browser forget the secret of a session, if it sent one."""
    if session_secret(request.environ) is not None:
        response.set_cookie(SESSION_COOKIE, "", max_age=0, **_attributes(request))


def _attributes(request: Request) -> dict[str, Any]:
    """Return the attributes (RFC 6265, 4.1.2).

    No script reads it, no request of another site brings it, and no service beside this one below
    the same name gets it. Where it came by TLS, it is sent by TLS alone.
    """
    secure = request.scheme == "https"
    path = request.script_name or "/"
    return {"path": path, "secure": secure, "httponly": True, "samesite": "Strict"}

"""Challenges of a 401 (RFC 9110, 11.6.1): the schemes in which a caller may say who it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webob.cookies import RequestCookies  # type: ignore[import-untyped]  # as it is

from sysmon_core.api.framework.problems import is_explained, is_page

SESSION_COOKIE = "sysmon_session"
SESSION_PATH = "/session"  # where a page logs in and out

HEADER = "WWW-Authenticate"
BASIC = (HEADER, 'Basic realm="sysmon", charset="UTF-8"')
BEARER = (HEADER, 'Bearer realm="sysmon"')


def challenges(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the headers that ask for credentials.

    Versions 1 to 3 are frozen and name Basic alone: a client may read the header as one
    challenge, and whoever sends a token knows the scheme. A page, a log-in that begins a session,
    a request with its cookie, an ended one too, and one of a script (X-Requested-With) are a
    browser's: at Basic it would open a dialog of its own.
    """
    if not is_explained(environ):
        return [BASIC]
    by_browser = (
        is_page(environ)
        or environ["PATH_INFO"] == SESSION_PATH
        or "HTTP_X_REQUESTED_WITH" in environ
        or session_secret(environ) is not None
    )
    return [BEARER] if by_browser else [BASIC, BEARER]


def session_secret(environ: Mapping[str, Any]) -> str | None:
    """Return the secret in the cookie of a session; None if there is none."""
    secret: str | None = RequestCookies(environ).get(SESSION_COOKIE)
    return secret

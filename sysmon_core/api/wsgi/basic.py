"""HTTP Basic authentication (RFC 7617) by the users' names and passwords."""

from __future__ import annotations

import base64
import binascii
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from sysmon_core.api.wsgi.authentication import Credentials
from sysmon_core.services.logins import Logins

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment


class BasicAuthenticator:
    """Finds names and passwords in the header Authorization; the pool's threads check them."""

    def __init__(self, logins: Logins, pool: Executor) -> None:
        self._logins = logins
        self._pool = pool

    def credentials(self, environ: WSGIEnvironment) -> Credentials | None:
        """Return the name and password that the request brings, if its header is a sound one."""
        pair = basic_credentials(environ.get("HTTP_AUTHORIZATION", ""))
        if pair is None:
            return None
        address = environ.get("REMOTE_ADDR", "")
        return Credentials(
            self._logins.recall(*pair),
            lambda: self._logins.authenticate(*pair, address),
            self._pool,
        )


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Name and password from an Authorization header, if it is a sound Basic one.

    Pyramid's own ``extract_http_basic_credentials`` would fall back to Latin-1 and pass over what
    is no base64.
    """
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    username, colon, password = text.partition(":")
    return (username, password) if colon else None

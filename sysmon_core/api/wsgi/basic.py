"""HTTP Basic authentication (RFC 7617) by the users' names and passwords."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from sysmon_core.api.wsgi.authentication import Credentials
from sysmon_core.api.wsgi.pools import Pool
from sysmon_core.services.grants import Grant
from sysmon_core.services.logins import Logins
from sysmon_core.services.users import Account

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment


class BasicAuthenticator:
    """Finds names and passwords in the header Authorization; the pool's threads check them."""

    def __init__(self, logins: Logins, pool: Pool) -> None:
        self._logins = logins
        self._pool = pool

    def credentials(self, environ: WSGIEnvironment) -> Credentials | None:
        """Return the request's name and password, if its header is a valid one."""
        pair = basic_credentials(environ.get("HTTP_AUTHORIZATION", ""))
        if pair is None:
            return None
        address = environ.get("REMOTE_ADDR", "")
        return Credentials(
            _grant(self._logins.cached_account(*pair)),
            lambda: _grant(self._logins.authenticate(*pair, address)),
            self._pool,
        )


def _grant(account: Account | None) -> Grant | None:
    return Grant(account) if account else None


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Return name and password from an Authorization header, if it is a valid Basic one.

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

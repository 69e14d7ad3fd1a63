"""Bearer authentication (RFC 6750, 2.1) by tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sysmon_core.api.wsgi.authentication import Credentials
from sysmon_core.api.wsgi.pools import Pool
from sysmon_core.services.token_logins import TokenLogins

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment


class BearerAuthenticator:
    """Finds the secrets of tokens in the header Authorization; the pool's threads look them up."""

    def __init__(self, logins: TokenLogins, pool: Pool) -> None:
        self._logins = logins
        self._pool = pool

    def credentials(self, environ: WSGIEnvironment) -> Credentials | None:
        """Return the request's secret, if its header has one."""
        scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            return None
        address = environ.get("REMOTE_ADDR", "")
        return Credentials(
            self._logins.cached_grant(secret),
            lambda: self._logins.authenticate(secret, address),
            self._pool,
        )

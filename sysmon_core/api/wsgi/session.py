"""Authentication by the cookie of a session, which a page's browser sends by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sysmon_core.api.framework.challenges import session_secret
from sysmon_core.api.framework.problems import is_explained
from sysmon_core.api.wsgi.authentication import Credentials
from sysmon_core.api.wsgi.pools import Pool
from sysmon_core.services.sessions import Sessions

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment


class SessionAuthenticator:
    """Finds the secrets of sessions in cookies; the pool's threads look them up.

    Version 4 alone takes them. In version 3 a GET may start a task, and to follow a link would do.
    A request with a header Authorization says by itself who sends it, and the cookie is not read.
    """

    def __init__(self, sessions: Sessions, pool: Pool) -> None:
        self._sessions = sessions
        self._pool = pool

    def credentials(self, environ: WSGIEnvironment) -> Credentials | None:
        """Return the request's secret, if it has the cookie."""
        if not is_explained(environ) or "HTTP_AUTHORIZATION" in environ:
            return None
        secret = session_secret(environ)
        if secret is None:
            return None
        return Credentials(
            self._sessions.cached_grant(secret), lambda: self._sessions.grant(secret), self._pool
        )

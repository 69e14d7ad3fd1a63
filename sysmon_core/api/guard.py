"""Who the caller is, before anything else is looked at: HTTP Basic authentication (RFC 7617)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from typing import TYPE_CHECKING

from pyramid.response import Response

from sysmon_core.api.environ import ACCOUNT, REMOTE_USER
from sysmon_core.api.errors import DETAILS, of_error
from sysmon_core.api.problems import CHALLENGE, problem
from sysmon_core.errors import SysmonError
from sysmon_core.services.logins import Logins

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Guard:
    """Lets nobody go below the guarded paths without credentials that are right.

    So a 404, a 405 or what is made of a body tells nobody anything. Elsewhere credentials are not
    looked at.

    Args:
        app: what answers those who may come in.
        guarded: how the paths begin that are for users alone.
        open_to_all: those of them of which GET is not.
    """

    def __init__(
        self,
        app: WSGIApplication,
        logins: Logins,
        guarded: Collection[str],
        open_to_all: Collection[str],
    ) -> None:
        self.app = app
        self._logins = logins
        self._guarded = tuple(guarded)
        self._open = frozenset(open_to_all)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Ask who it is where that matters."""
        environ.pop(REMOTE_USER, None)  # that is ours to say
        path = environ["PATH_INFO"]
        if not path.startswith(self._guarded) or (
            path in self._open and environ["REQUEST_METHOD"] in {"GET", "HEAD"}
        ):
            return self.app(environ, start_response)
        app: WSGIApplication
        try:
            app = self.app if self._knows(environ) else _stranger(environ)
        except SysmonError as error:
            app = of_error(environ, error)
        return app(environ, start_response)

    def _knows(self, environ: WSGIEnvironment) -> bool:
        credentials = basic_credentials(environ.get("HTTP_AUTHORIZATION", ""))
        if credentials is None:
            return False
        account = self._logins.authenticate(*credentials, environ.get("REMOTE_ADDR", ""))
        if account is None:
            return False
        environ[ACCOUNT] = account
        environ[REMOTE_USER] = account.username
        return True


def _stranger(environ: WSGIEnvironment) -> Response:
    return problem(environ, 401, DETAILS[401], headers=CHALLENGE)


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Name and password from an Authorization header, if it is a sound Basic one."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    username, colon, password = text.partition(":")
    return (username, password) if colon else None

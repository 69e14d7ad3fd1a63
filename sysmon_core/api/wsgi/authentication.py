"""Who the caller is, before anything else is looked at: HTTP Basic authentication (RFC 7617)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from sysmon_core.api.framework.environ_keys import ACCOUNT, REMOTE_USER
from sysmon_core.api.framework.errors import DETAILS, of_error
from sysmon_core.api.framework.problems import CHALLENGE, problem
from sysmon_core.api.wsgi.deferred import Body, Deferred
from sysmon_core.errors import SysmonError
from sysmon_core.services.logins import Logins
from sysmon_core.services.users import Account

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Authentication:
    """Lets nobody go below the guarded paths without credentials that are right.

    So a 404, a 405 or what is made of a body tells nobody anything. Elsewhere credentials are not
    looked at.

    Args:
        app: what answers those who may come in.
        pool: the threads that look at passwords.
        guarded: how the paths begin that are for users alone.
        open_to_all: those of them of which GET is not.
    """

    def __init__(
        self,
        app: WSGIApplication,
        logins: Logins,
        pool: Executor,
        guarded: Collection[str],
        open_to_all: Collection[str],
    ) -> None:
        self.app = app
        self._logins = logins
        self._pool = pool
        self._guarded = tuple(guarded)
        self._open = frozenset(open_to_all)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Ask who it is where that matters; only who is not known by now has to wait for it."""
        environ.pop(REMOTE_USER, None)  # that is ours to say
        if self._is_open(environ["PATH_INFO"], environ["REQUEST_METHOD"]):
            return self.app(environ, start_response)
        credentials = basic_credentials(environ.get("HTTP_AUTHORIZATION", ""))
        if credentials is None:
            return _stranger(environ, start_response)
        if account := self._logins.recall(*credentials):
            return self._enter(account, environ, start_response)
        return Deferred(self._pool, lambda: self._check(credentials, environ, start_response))

    def _is_open(self, path: str, method: str) -> bool:
        return not path.startswith(self._guarded) or (
            path in self._open and method in {"GET", "HEAD"}
        )

    def _check(
        self, credentials: tuple[str, str], environ: WSGIEnvironment, start: StartResponse
    ) -> Body:
        address = environ.get("REMOTE_ADDR", "")
        try:
            account = self._logins.authenticate(*credentials, address)
        except SysmonError as error:
            body: Body = of_error(environ, error)(environ, start)
            return body
        if account is None:
            return _stranger(environ, start)
        return self._enter(account, environ, start)

    def _enter(self, account: Account, environ: WSGIEnvironment, start: StartResponse) -> Body:
        environ[ACCOUNT] = account
        environ[REMOTE_USER] = account.username
        return self.app(environ, start)


def _stranger(environ: WSGIEnvironment, start: StartResponse) -> Body:
    body: Body = problem(environ, 401, DETAILS[401], headers=CHALLENGE)(environ, start)
    return body


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

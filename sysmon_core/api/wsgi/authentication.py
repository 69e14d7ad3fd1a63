"""Authentication middleware: decides who the caller is before anything else is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.environ_keys import ACCOUNT, REMOTE_USER
from sysmon_core.api.framework.errors import DETAILS, of_error
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.framework.problems import CHALLENGE, problem
from sysmon_core.api.framework.route_table import RouteTable
from sysmon_core.api.wsgi.deferred import Body, Deferred
from sysmon_core.errors import SysmonError
from sysmon_core.services.users import Account

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class Credentials:
    """The credentials of one request, in one scheme of authentication.

    Args:
        account: the user, where the credentials are known to be right without waiting.
        verify: returns the user, or None if the credentials are wrong; it may wait, and raise
            a SysmonError if they cannot be checked.
        pool: the threads that verify.
    """

    account: Account | None
    verify: Callable[[], Account | None]
    pool: Executor


class Authenticator(Protocol):
    """One scheme of authentication, such as Basic."""

    def credentials(self, environ: WSGIEnvironment) -> Credentials | None:
        """Return the credentials that the request brings in this scheme, if it brings any."""


class Authentication:
    """Answers 401 where a user is needed and the request brings no valid credentials.

    It does so before the path or the body is looked at: neither a 404 nor a 405 tells a stranger
    what there is. So an undeclared path or method needs a user too, wherever its neighbours do:
    all paths with the same first part. Elsewhere credentials are not looked at. Which permission
    an endpoint needs beyond that, Pyramid's policy decides.

    Args:
        app: what answers those who may come in.
        routes: what is declared, with its permissions.
        authenticators: asked in turn; the first that finds credentials decides.
    """

    def __init__(
        self, app: WSGIApplication, routes: RouteTable, authenticators: Sequence[Authenticator]
    ) -> None:
        self.app = app
        self._routes = routes
        self._authenticators = tuple(authenticators)
        self._guarded = _guarded(routes.resources)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Find out who the caller is where that matters; only unknown credentials have to wait."""
        environ.pop(REMOTE_USER, None)  # a server must not say who the user is
        if self._is_public(environ["PATH_INFO"], environ["REQUEST_METHOD"]):
            return self.app(environ, start_response)
        credentials = self._credentials(environ)
        if credentials is None:
            return _unauthorized(environ, start_response)
        if credentials.account:
            return self._enter(credentials.account, environ, start_response)
        return Deferred(
            credentials.pool, lambda: self._verify(credentials, environ, start_response)
        )

    def _is_public(self, path: str, method: str) -> bool:
        if not path.startswith(self._guarded):
            return True
        endpoint = self._routes.endpoint(path, method)
        return endpoint is not None and endpoint.permission == PUBLIC

    def _credentials(self, environ: WSGIEnvironment) -> Credentials | None:
        found = (one.credentials(environ) for one in self._authenticators)
        return next((one for one in found if one is not None), None)

    def _verify(
        self, credentials: Credentials, environ: WSGIEnvironment, start: StartResponse
    ) -> Body:
        try:
            account = credentials.verify()
        except SysmonError as error:
            body: Body = of_error(environ, error)(environ, start)
            return body
        if account is None:
            return _unauthorized(environ, start)
        return self._enter(account, environ, start)

    def _enter(self, account: Account, environ: WSGIEnvironment, start: StartResponse) -> Body:
        environ[ACCOUNT] = account
        environ[REMOTE_USER] = account.username
        return self.app(environ, start)


def _guarded(resources: Iterable[Resource]) -> tuple[str, ...]:
    """How the paths begin among which some endpoint is not public."""
    return tuple(
        {
            _first_part(resource.path)
            for resource in resources
            for endpoint in resource.endpoints.values()
            if endpoint.permission != PUBLIC
        }
    )


def _first_part(path: str) -> str:
    """``/v3/`` of ``/v3/users/``; ``/metrics`` of itself."""
    return path[: path.find("/", 1) + 1] or path


def _unauthorized(environ: WSGIEnvironment, start: StartResponse) -> Body:
    body: Body = problem(environ, 401, DETAILS[401], headers=CHALLENGE)(environ, start)
    return body

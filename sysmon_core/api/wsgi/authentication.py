"""Authentication middleware: identifies the caller before the path and the body are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.environ_keys import GRANT, REMOTE_USER
from sysmon_core.api.framework.errors import of_error, unauthorized
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.framework.route_table import RouteTable
from sysmon_core.api.wsgi.deferred import Body
from sysmon_core.api.wsgi.pools import Pool
from sysmon_core.errors import SysmonError, TokenInsufficient
from sysmon_core.services.grants import Grant
from sysmon_core.services.last_seen import LastSeen

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class Credentials:
    """The credentials of one request, in one scheme of authentication.

    Args:
        grant: what they permit, if a cache shows that they are right.
        verify: returns what they permit, or None if they are wrong; may block, and raises a
            SysmonError if they cannot be checked.
        pool: the threads that call ``verify``.
    """

    grant: Grant | None
    verify: Callable[[], Grant | None]
    pool: Pool


class Authenticator(Protocol):
    """One scheme of authentication, such as Basic."""

    def credentials(self, environ: WSGIEnvironment) -> Credentials | None:
        """Return the credentials that the request brings in this scheme, if it brings any."""


class Authentication:
    """Answers 401 where a user is required and the request has no valid credentials.

    If some endpoint requires a user, every path with the same first part does, unless a public
    endpoint is declared there. So neither a 404 nor a 405 tells anybody without credentials which
    paths and methods exist. Elsewhere credentials are not read. Which permission an endpoint
    requires beyond that, Pyramid's policy decides.

    Args:
        app: the application that answers all other requests.
        routes: the declared endpoints, with their permissions.
        authenticators: are asked in turn; the first that finds credentials decides.
        last_seen: records who is here, if that is to be recorded.
    """

    def __init__(
        self,
        app: WSGIApplication,
        routes: RouteTable,
        authenticators: Sequence[Authenticator],
        last_seen: LastSeen | None = None,
    ) -> None:
        self.app = app
        self._routes = routes
        self._authenticators = tuple(authenticators)
        self._last_seen = last_seen
        self._user_prefixes = _user_prefixes(routes.resources)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Identify the caller where a user is required.

        Only uncached credentials have to wait, and once in a while a user who is to be recorded.
        """
        environ.pop(REMOTE_USER, None)  # a server must not say who the user is
        if self._is_public(environ["PATH_INFO"], environ["REQUEST_METHOD"]):
            return self.app(environ, start_response)
        credentials = self._credentials(environ)
        if credentials is None:
            return _unauthorized(environ, start_response)
        if credentials.grant and not self._is_to_be_recorded(credentials.grant):
            return self._enter(credentials.grant, environ, start_response)
        return credentials.pool.defer(
            environ, start_response, lambda: self._verify(credentials, environ, start_response)
        )

    def _is_public(self, path: str, method: str) -> bool:
        if not path.startswith(self._user_prefixes):
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
            grant = credentials.verify()
        except SysmonError as error:
            body: Body = of_error(environ, error)(environ, start)
            return body
        if grant is None:
            return _unauthorized(environ, start)
        if self._last_seen:
            self._last_seen.record(grant.account.username)
        return self._enter(grant, environ, start)

    def _is_to_be_recorded(self, grant: Grant) -> bool:
        return self._last_seen is not None and self._last_seen.is_due(grant.account.username)

    def _enter(self, grant: Grant, environ: WSGIEnvironment, start: StartResponse) -> Body:
        """Pass the request on, unless the credentials permit less than its endpoint needs."""
        endpoint = self._routes.endpoint(environ["PATH_INFO"], environ["REQUEST_METHOD"])
        if endpoint is not None and (lacking := endpoint.lacking(grant)):
            refused: Body = of_error(environ, TokenInsufficient(lacking))(environ, start)
            return refused
        environ[GRANT] = grant
        environ[REMOTE_USER] = grant.account.username
        return self.app(environ, start)


def _user_prefixes(resources: Iterable[Resource]) -> tuple[str, ...]:
    """Return the first parts of all paths where some endpoint requires a user."""
    return tuple(
        {
            _first_part(resource.path)
            for resource in resources
            for endpoint in resource.endpoints.values()
            if endpoint.permission != PUBLIC
        }
    )


def _first_part(path: str) -> str:
    """Return ``/v3/`` for ``/v3/users/``, and ``/metrics`` for itself."""
    return path[: path.find("/", 1) + 1] or path


def _unauthorized(environ: WSGIEnvironment, start: StartResponse) -> Body:
    body: Body = unauthorized(environ)(environ, start)
    return body

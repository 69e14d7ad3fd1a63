"""Who the caller is and what the caller may do: HTTP Basic authentication of version 3."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.request import Request, RequestLocalCache
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED, Allowed, Denied
from pyramid.tweens import EXCVIEW

from sysmon_core.services.audit import Caller
from sysmon_core.services.logins import Logins
from sysmon_core.services.users import Account

PUBLIC = NO_PERMISSION_REQUIRED
USER = "user"
ADMIN = "admin"

REMOTE_USER = "REMOTE_USER"  # where RFC 3875, 4.1.11, has the name of a user that is known
GUARDED = "sysmon.guarded"  # the setting of Pyramid's that has the guarded paths
CHALLENGE = {"WWW-Authenticate": 'Basic realm="sysmon", charset="UTF-8"'}


def include(config: Configurator, logins: Logins, guarded: tuple[str, ...]) -> None:
    """Install the policy: a view that names no permission is for admins alone.

    Below the guarded paths nobody goes without credentials; GET of themselves is open.
    """
    config.add_settings({GUARDED: guarded})
    config.set_security_policy(BasicPolicy(logins))
    config.set_default_permission(ADMIN)
    config.add_tween("sysmon_core.api.security.guard", under=EXCVIEW)


def guard(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Stop nobody at the door of a version, before a 404, a 405 or a body tells them anything."""
    guarded: tuple[str, ...] = registry.settings[GUARDED]

    def tween(request: Request) -> Response:
        path = request.path_info
        open_to_all = path in guarded and request.method in {"GET", "HEAD"}
        if path.startswith(guarded) and not open_to_all and request.identity is None:
            raise HTTPUnauthorized(headers=CHALLENGE)
        return handler(request)

    return tween


class BasicPolicy:
    """Pyramid's security policy: RFC 7617 against the users in the database."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins
        self._identities = RequestLocalCache(self._authenticate)

    def _authenticate(self, request: Request) -> Account | None:
        credentials = basic_credentials(request.headers.get("Authorization", ""))
        if credentials is None:
            return None
        account = self._logins.authenticate(*credentials, address=request.remote_addr or "")
        if account is not None:
            request.environ[REMOTE_USER] = account.username
        return account

    def identity(self, request: Request) -> Account | None:
        """The user whose name and password came with the request."""
        account: Account | None = self._identities.get_or_create(request)
        return account

    def authenticated_userid(self, request: Request) -> str | None:
        """The user's name."""
        account = self.identity(request)
        return account.username if account else None

    def permits(self, request: Request, _context: Any, permission: str) -> Allowed | Denied:
        """An admin may everything, a user what users may, nobody nothing."""
        account = self.identity(request)
        if account is not None and (account.admin or permission == USER):
            return Allowed("%s may", account.username)
        return Denied("not permitted: %s", permission)

    def remember(self, _request: Request, _userid: str, **_options: Any) -> list[tuple[str, str]]:
        """Nothing to remember: each request brings its credentials."""
        return []

    def forget(self, _request: Request, **_options: Any) -> list[tuple[str, str]]:
        """Nothing to forget, but the challenge to send."""
        return list(CHALLENGE.items())


def caller_of(request: Request) -> Caller:
    """Who makes the request; a user only where one is asked for."""
    return Caller(request.environ.get(REMOTE_USER, ""), request.remote_addr or "")


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

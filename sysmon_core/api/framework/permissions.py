"""Permissions, and Pyramid's security policy: what a caller may do."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED, Allowed, Denied

from sysmon_core.api.framework.environ_keys import ACCOUNT
from sysmon_core.api.framework.problems import CHALLENGE
from sysmon_core.services.audit import Caller
from sysmon_core.services.users import Account

PUBLIC = NO_PERMISSION_REQUIRED
USER = "user"
ADMIN = "admin"


def include(config: Configurator) -> None:
    """Install the policy: a view that names no permission is for admins alone."""
    config.set_security_policy(Policy())
    config.set_default_permission(ADMIN)


def permits(account: Account | None, permission: str) -> bool:
    """Whether the caller has a permission; ``account`` is None if the caller is not known."""
    if permission == PUBLIC:
        return True
    return account is not None and (account.admin or permission == USER)


class Policy:
    """Pyramid's security policy."""

    def identity(self, request: Request) -> Account | None:
        """Return the user whom authentication has found, where one is needed."""
        account: Account | None = request.environ.get(ACCOUNT)
        return account

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the user's name."""
        account = self.identity(request)
        return account.username if account else None

    def permits(self, request: Request, _context: Any, permission: str) -> Allowed | Denied:
        """Whether the caller has the permission."""
        account = self.identity(request)
        if account is not None and permits(account, permission):
            return Allowed("%s may", account.username)
        return Denied("not permitted: %s", permission)

    def remember(self, _request: Request, _userid: str, **_options: Any) -> list[tuple[str, str]]:
        """No headers: each request brings its credentials."""
        return []

    def forget(self, _request: Request, **_options: Any) -> list[tuple[str, str]]:
        """Return the header that asks for credentials anew."""
        return list(CHALLENGE.items())


def caller_of(request: Request) -> Caller:
    """Return the caller of a request, for the services; the user is empty where none is needed."""
    return Caller(request.authenticated_userid or "", request.remote_addr or "")

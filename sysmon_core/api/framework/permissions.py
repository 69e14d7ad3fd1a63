"""What a caller may do whom the guard knows, or nobody: the policy that Pyramid asks."""

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
        """The user whose name and password came with the request, where those are asked for."""
        account: Account | None = request.environ.get(ACCOUNT)
        return account

    def authenticated_userid(self, request: Request) -> str | None:
        """The user's name."""
        account = self.identity(request)
        return account.username if account else None

    def permits(self, request: Request, _context: Any, permission: str) -> Allowed | Denied:
        """An admin may everything, a user what users may, nobody nothing."""
        account = self.identity(request)
        if account is not None and permits(account, permission):
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
    return Caller(request.authenticated_userid or "", request.remote_addr or "")

"""Permissions, and Pyramid's security policy: what a caller may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED, Allowed, Denied

from sysmon_core.api.framework.challenges import challenges
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.errors import TaskNotFound
from sysmon_core.services.audit import Caller
from sysmon_core.services.grants import Grant
from sysmon_core.services.task import Task
from sysmon_core.services.tasks import NOT_FOUND
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


def account_of(environ: Mapping[str, Any]) -> Account | None:
    """Return the user whom authentication has found, where one is needed."""
    grant: Grant | None = environ.get(GRANT)
    return grant.account if grant else None


class Policy:
    """Pyramid's security policy."""

    def identity(self, request: Request) -> Account | None:
        """Return the user whom authentication has found, where one is needed."""
        return account_of(request.environ)

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

    def forget(self, request: Request, **_options: Any) -> list[tuple[str, str]]:
        """Return the headers that ask for credentials anew."""
        return challenges(request.environ)


def may_ask(request: Request, metric: str, permission: str) -> bool:
    """Whether the caller has the permission that a metric needs, and credentials for it."""
    grant: Grant | None = request.environ.get(GRANT)
    return grant is not None and permits(grant.account, permission) and grant.holds_for(metric)


def require_metric_of(request: Request, task: Callable[[], Task]) -> None:
    """Refuse a task of a metric for which the caller's credentials do not hold.

    The endpoint declares ``checks_metric``.

    ``task`` reads it; it is called if the credentials hold for some metrics alone.

    Raises:
        TaskNotFound: they do not: to such a caller the task does not exist.
    """
    grant: Grant | None = request.environ.get(GRANT)
    if grant is None or grant.holds_for_every_metric or grant.holds_for(task().metric):
        return
    raise TaskNotFound(NOT_FOUND)


def caller_of(request: Request) -> Caller:
    """Return the caller of a request, for the services; the user is empty where none is needed."""
    return Caller(request.authenticated_userid or "", request.remote_addr or "")

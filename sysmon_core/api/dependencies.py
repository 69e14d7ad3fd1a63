"""Dependencies: the services that the API is built on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sysmon_core.metrics.registry import Registry
from sysmon_core.services.executor import Executor
from sysmon_core.services.health import Health
from sysmon_core.services.last_seen import LastSeen
from sysmon_core.services.logins import Logins
from sysmon_core.services.own_account import OwnAccount
from sysmon_core.services.session_logins import SessionLogins
from sysmon_core.services.sessions import Sessions
from sysmon_core.services.task_reports import TaskReports
from sysmon_core.services.tasks import Tasks
from sysmon_core.services.token_logins import TokenLogins
from sysmon_core.services.tokens import Tokens
from sysmon_core.services.user_directory import UserDirectory
from sysmon_core.services.users import Users
from sysmon_core.services.waiting import WaitingRoom


@dataclass(frozen=True)
class Dependencies:
    """The services that views call, and the settings that they need.

    Args:
        wait_limit: seconds for which a request may wait for the end of a task.
        body_limit: bytes that a request's body may have.
        swagger_ui: the folder with the files of Swagger UI, if it is installed.
        versions: the names of the versions that are served, in order.
        private: whether all versions are for users alone.
        tls_only: whether credentials that come over plain HTTP from beyond this host are refused.
    """

    registry: Registry
    executor: Executor
    tasks: Tasks
    task_reports: TaskReports
    waiting_room: WaitingRoom
    wait_limit: int
    users: Users
    logins: Logins
    user_directory: UserDirectory
    own_account: OwnAccount
    last_seen: LastSeen
    tokens: Tokens
    token_logins: TokenLogins
    sessions: Sessions
    session_logins: SessionLogins
    health: Health
    body_limit: int
    swagger_ui: Path | None
    versions: tuple[str, ...]
    private: bool
    tls_only: bool

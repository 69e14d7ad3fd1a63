"""Dependencies: the services that the API is built on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sysmon_core.metrics.registry import Registry
from sysmon_core.services.executor import Executor
from sysmon_core.services.health import Health
from sysmon_core.services.logins import Logins
from sysmon_core.services.tasks import Tasks
from sysmon_core.services.users import Users


@dataclass(frozen=True)
class Dependencies:
    """The services that views call, and the settings that they need.

    Args:
        body_limit: bytes that a request's body may have.
        swagger_ui: the folder with the files of Swagger UI, if it is installed.
        versions: the names of the versions that are served, in order.
        private: whether all versions are for users alone.
    """

    registry: Registry
    executor: Executor
    tasks: Tasks
    users: Users
    logins: Logins
    health: Health
    body_limit: int
    swagger_ui: Path | None
    versions: tuple[str, ...]
    private: bool

"""What the versions of the API are built from."""

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
    """The rules that the views call.

    ``body_limit`` is in bytes, ``swagger_ui`` the folder of its files if it is installed,
    ``versions`` are those that are served; if ``private``, all of them are for users alone.
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

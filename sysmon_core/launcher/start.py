"""Starts a private Redis, a worker and the server, and runs them until a signal."""

from __future__ import annotations

from functools import partial

from sysmon_core.launcher import preflight
from sysmon_core.launcher.failure import explain
from sysmon_core.launcher.programs import supervised
from sysmon_core.launcher.supervisor import run
from sysmon_core.settings import Settings


def start(config: Settings, ini: str) -> int:
    """Run all parts in the foreground until TERM, INT or HUP; return the exit status.

    The status is 1 if the users' database could not be prepared, else 0.

    Args:
        config: the settings.
        ini: the path of the ini file that they were read from.

    Raises:
        SysmonError: a part cannot be started; none runs then.
    """
    preflight.check(config)
    return run(supervised(config, ini), partial(explain, config))

"""Says why a part cannot be started, and what to do."""

from __future__ import annotations

import re
from pathlib import Path

from sysmon_core.launcher import programs
from sysmon_core.settings import Settings

TAIL_BYTES = 1 << 14  # of redis.log; the last lines are enough
WARNING = re.compile(r"^\d+:\w [^#]*# (.*)$", re.MULTILINE)  # of Redis: process, time, level, text
MANIFEST = "redis/appendonlydir/appendonly.aof.manifest"


def explain(config: Settings, part: str, reason: str) -> str:
    """Return the sentence about a part that cannot be started.

    Args:
        config: the settings.
        part: its name in supervisord.conf.
        reason: what supervisor knows of it.
    """
    if part != "redis":
        return f"The {part} cannot be started ({reason}): see the log above, and start sysmon anew"
    log = programs.redis_log(config)
    said = _last_warning(log)
    return f"Redis cannot be started ({said or reason}): {_remedy(config, said)}, see {log}"


def _last_warning(log: Path) -> str:
    """Return the last warning of Redis' log, or an empty text."""
    try:
        found = WARNING.findall(log.read_bytes()[-TAIL_BYTES:].decode(errors="replace"))
    except OSError:
        return ""
    last = found[-1].partition(": make a backup")[0] if found else ""  # _remedy says how
    return last.strip().rstrip(".")


def _remedy(config: Settings, said: str) -> str:
    if "append only file" not in said.lower():
        return "correct that, and start sysmon anew"
    check = programs.redis_program(config).replace("-server", "-check-aof")
    return f"copy its folder, then cut off the damage by {check} --fix {config.var / MANIFEST}"

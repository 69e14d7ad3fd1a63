"""The transitions of a task's record: Lua scripts, each of which Redis runs as a whole.

They are the files in ``lua/``, put together here. A final state is final: every script looks at the
state first. A run is known by its token, so that a message which is delivered twice cannot act for
another delivery's run. The scripts name keys that they are not given, so they need one Redis, not a
cluster.
"""

from __future__ import annotations

from sysmon_core.redis_store import keys
from sysmon_core.redis_store.script import Constants, script_text
from sysmon_core.settings import Settings
from sysmon_core.tasks.limits import (
    ALIVE_SECONDS,
    LEASE_SECONDS,
    MAX_STARTS,
    NO_WORKERS_SECONDS,
    SUSPICION_SECONDS,
    half,
    ttl_seconds,
)

PACKAGE = "sysmon_core.tasks"
SLACK_SECONDS = 1  # that a time may lie ahead: Lua rounds when it writes one
MAX_TRIMMED = 512  # finished records that one call removes at most

KEYS: Constants = {name: value for name, value in vars(keys).items() if name.isupper()}
TIMES: Constants = {
    "LEASE_SECONDS": LEASE_SECONDS,
    "ALIVE_SECONDS": ALIVE_SECONDS,
    "SLACK_SECONDS": SLACK_SECONDS,
}


def transition(name: str) -> str:
    """Return the text of a script that never ends a task."""
    return script_text(PACKAGE, ["lua/common", f"lua/{name}"], {**KEYS, **TIMES})


def ending_transition(name: str, constants: Constants) -> str:
    """Return the text of a script that may end a task, given ``ending_constants``."""
    files = ["lua/common", "lua/ending", f"lua/{name}"]
    return script_text(PACKAGE, files, {**KEYS, **TIMES, **constants})


def ending_constants(settings: Settings, result_prefix: str) -> Constants:
    """List what the end of a task depends on; half of the room is for anonymous tasks."""
    return {
        "RESULT": result_prefix,
        "SUSPICION_SECONDS": SUSPICION_SECONDS,
        "NO_WORKERS_SECONDS": NO_WORKERS_SECONDS,
        "MAX_STARTS": MAX_STARTS,
        "MAX_TRIMMED": MAX_TRIMMED,
        "TTL_SECONDS": {
            "anonymous": ttl_seconds(settings, anonymous=True),
            "users": ttl_seconds(settings, anonymous=False),
        },
        "MAX_FINISHED": half(settings.tasks_kept),
        "MAX_FINISHED_BYTES": half(settings.tasks_kept_bytes),
        "MAX_FINISHED_PER_CLIENT": settings.tasks_kept_per_client,
    }

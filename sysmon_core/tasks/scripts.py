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
    NOT_STARTED,
    NOT_STARTED_CODE,
    SUSPICION_SECONDS,
    WORKER_LOST_CODE,
    halve_limit,
    ttl_seconds,
)
from sysmon_core.tasks.queues import QUEUES

PACKAGE = "sysmon_core.tasks"
SLACK_SECONDS = 1  # that a time may lie ahead: Lua rounds when it writes one
SAMPLES_FACTOR = 4  # JSON of rows, by the text that they were read from
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


def storing_transition(name: str, settings: Settings) -> str:
    """Return the text of a script that stores what a running task has so far."""
    files = ["lua/common", "lua/parts", f"lua/{name}"]
    constants = {**KEYS, **TIMES, **_output_limits(settings)}
    return script_text(PACKAGE, files, constants)


def ending_transition(name: str, constants: Constants) -> str:
    """Return the text of a script that may end a task, given ``ending_constants``."""
    files = ["lua/common", "lua/parts", "lua/ending", f"lua/{name}"]
    return script_text(PACKAGE, files, {**KEYS, **TIMES, **constants})


def _output_limits(settings: Settings) -> Constants:
    """Return the constants that bound what running tasks store."""
    return {
        "SAMPLES_KEPT": settings.samples_kept,
        "MAX_TEXT_BYTES": settings.output_limit,
        "MAX_SAMPLE_BYTES": SAMPLES_FACTOR * settings.output_limit,
        "MAX_RUNNING_BYTES": settings.tasks_kept_bytes,
    }


def dispatch_script(stock: bytes) -> bytes:
    """Return Dramatiq's script "dispatch", made to do without the command KEYS."""
    prelude = script_text(PACKAGE, ["lua/dispatch"], {"QUEUES": " ".join(QUEUES)})
    return prelude.encode() + stock


def ending_constants(settings: Settings, result_prefix: str) -> Constants:
    """Return the constants of these scripts; anonymous and users' tasks have half a limit each."""
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
        **_output_limits(settings),
        "NOT_STARTED": NOT_STARTED,
        "NOT_STARTED_CODE": NOT_STARTED_CODE,
        "WORKER_LOST_CODE": WORKER_LOST_CODE,
        "MAX_FINISHED": halve_limit(settings.tasks_kept),
        "MAX_FINISHED_BYTES": halve_limit(settings.tasks_kept_bytes),
        "MAX_FINISHED_PER_CLIENT": settings.tasks_kept_per_client,
    }

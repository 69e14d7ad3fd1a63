"""The limits of open tasks, and the times of leases and heartbeats."""

from __future__ import annotations

from dataclasses import dataclass

from sysmon_core.errors import (
    IdempotencyKeyReused,
    MessageUnreadable,
    NotStartedInTime,
    SysmonError,
    TasksUnavailable,
    TooManyTasks,
    WorkerLost,
    code_of,
)
from sysmon_core.settings import Settings

RENEWAL_SECONDS = 2.0  # between two renewals: also how late a worker notices a cancel it missed
LEASE_SECONDS = 15  # a run without a renewal for so long is suspected to have lost its worker
SUSPICION_SECONDS = 5  # a suspicion that lasts so long counts: a live worker renews meanwhile
NO_WORKERS_SECONDS = 30  # with no worker connected, a lease overdue for so long counts at once
ALIVE_SECONDS = 8  # a heartbeat counts for so long: four renewals
MAX_STARTS = 3  # of a task that may be repeated
MAX_ERROR_CHARACTERS = 2000  # of a task's error, which is no dump

NOT_STARTED = "No worker began this task within the time that its client gave it"
NOT_STARTED_CODE = code_of(NotStartedInTime)
WORKER_LOST_CODE = code_of(WorkerLost)
UNREADABLE_CODE = code_of(MessageUnreadable)


@dataclass(frozen=True)
class OpenLimits:
    """The limits of open tasks: how many there may be.

    Args:
        total: all of them.
        anonymous: those that no user owns.
        per_client: those of one client.
    """

    total: int
    anonymous: int
    per_client: int

    @classmethod
    def of(cls, settings: Settings) -> OpenLimits:
        """Take the limits from the settings."""
        return cls(settings.tasks_open, halve_limit(settings.tasks_open), settings.tasks_per_client)


def halve_limit(number: int) -> int:
    """Return the half of a limit that anonymous tasks may take together; at least one."""
    return max(1, number // 2)


def ttl_seconds(settings: Settings, *, anonymous: bool) -> int:
    """Return how long a finished task is kept."""
    return min(settings.task_ttl_anonymous, settings.task_ttl) if anonymous else settings.task_ttl


def refusal(limit: str) -> SysmonError:
    """Make the error of a submission beyond a limit, by the name that the script returned."""
    match limit:
        case "LATE":
            return TasksUnavailable("Tasks are not available: Redis took too long")
        case "ALL":
            return TooManyTasks("All places for tasks are taken: try again later")
        case "ANONYMOUS":
            return TooManyTasks(
                "All places for tasks that belong to no user are taken: try again later"
            )
        case "REUSED":
            return IdempotencyKeyReused(
                "This Idempotency-Key was sent with another body before: send a new one"
            )
        case _:
            return TooManyTasks(
                "You have as many open tasks as one may have: cancel one or wait for one to end"
            )


def error_text(error: Exception) -> str:
    """Cut the text of an error for a record, and replace what is no Unicode."""
    return str(error)[:MAX_ERROR_CHARACTERS].encode("utf-8", "replace").decode()


def lost_error(starts: int) -> str:
    """Make the error of a task whose worker was lost in its last start."""
    return f"The worker was lost while it ran this task (start {starts})"

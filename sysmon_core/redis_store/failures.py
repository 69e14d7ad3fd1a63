"""Failures of Redis: the cause of each as a sentence, and a log with each cause once a minute."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import redis
from redis.exceptions import (
    AskError,
    ClusterCrossSlotError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    NoScriptError,
)

from sysmon_core.printable import describe
from sysmon_core.redis_store.script import HEADER_REFUSAL

REPEAT_SECONDS = 60.0  # between two lines with the same cause
UNANSWERED = "Redis does not answer"

# The first that matches counts: the class of an error, or words of its text, which are all that a
# script's error, or one without a class, can be recognized by.
CAUSES: tuple[tuple[type[redis.RedisError] | str, str], ...] = (
    (redis.OutOfMemoryError, "Redis is full"),
    (redis.ReadOnlyError, "Redis is a read-only replica: redis_url must name its primary"),
    ("UNBLOCKED", "Redis is a read-only replica now: redis_url must name its primary"),
    ("NOREPLICAS", "Redis has too few replicas to accept writes (min-replicas-to-write)"),
    ("MISCONF", "Redis cannot save to its disk, and refuses writes until it can"),
    (redis.BusyLoadingError, "Redis is still loading its data"),
    (MasterDownError, "Redis is a replica that has lost its primary"),
    (redis.AuthenticationError, "Redis refuses the user or the password in redis_url"),
    (AskError, "Redis is a cluster: sysmon needs a single Redis"),
    (ClusterDownError, "Redis is a cluster: sysmon needs a single Redis"),
    (ClusterCrossSlotError, "Redis is a cluster: sysmon needs a single Redis"),
    ("non local key", "Redis is a cluster: sysmon needs a single Redis"),
    ("max number of clients", "Redis accepts no more connections (maxclients)"),
    (NoPermissionError, "The user of Redis lacks a right that sysmon needs"),
    ("user executing the script", "The user of Redis lacks a right that sysmon needs"),
    (redis.ConnectionError, UNANSWERED),
    (redis.TimeoutError, UNANSWERED),
)

logger = logging.getLogger(__name__)


def cause_of(error: redis.RedisError) -> str:
    """Return the cause of a failure as a sentence, without addresses and secrets."""
    for mark, cause in CAUSES:
        if mark in str(error) if isinstance(mark, str) else isinstance(error, mark):
            return cause
    return "Redis does not answer as it should"


class FailureLog:
    """Logs why Redis fails, each cause once a minute.

    Args:
        clock: gives seconds that only ever increase.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._logged: dict[str, float] = {}

    def report(self, error: redis.RedisError) -> None:
        """Log the cause of a failure; a script that Redis does not have yet is none."""
        if not isinstance(error, NoScriptError) and HEADER_REFUSAL not in str(error):
            self.warn(cause_of(error), describe(error))

    def warn(self, cause: str, details: str = "") -> None:
        """Log a cause."""
        with self._lock:
            now = self._clock()
            if now - self._logged.get(cause, -REPEAT_SECONDS) < REPEAT_SECONDS:
                return
            self._logged[cause] = now
        logger.warning("%s (%s)" if details else "%s%s", cause, details)

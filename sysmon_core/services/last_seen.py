"""When users were last seen, written sparingly: each write invalidates the users' cache."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import update

from sysmon_core.database import Database
from sysmon_core.database.tables import users
from sysmon_core.errors import DatabaseUnavailable

PRECISION_SECONDS = 3600
RETRY_SECONDS = 60.0  # after a failure, until another is tried, since each has to wait

logger = logging.getLogger(__name__)


class LastSeen:
    """Records the hour of each user's last request.

    One request at a time writes, and for all who come meanwhile: they do not wait. What cannot be
    written fails no request, and is written later or never.

    Args:
        clock: gives seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._hour = 0  # seconds since 1970, at its begin
        self._noted: set[str] = set()  # names that are recorded in this hour, or will be
        self._waiting: set[str] = set()  # those that will be
        self._writing = False
        self._retry_at = 0.0
        self._lock = threading.Lock()

    def is_due(self, username: str) -> bool:
        """Whether a request of this user is to be recorded; never wait."""
        now = self._clock()
        if _hour_of(now) != self._hour:
            return True
        return username not in self._noted and now >= self._retry_at

    def record(self, username: str) -> None:
        """Record that a user is here, if that is due."""
        if not self._begin(username):
            return
        while names := self._next():
            try:
                self._write(names)
            except DatabaseUnavailable as error:
                logger.warning("when users were last seen was not recorded: %s", error)
                self._fail(names)

    def _begin(self, username: str) -> bool:
        """Have a user recorded; whether this thread has to do it."""
        with self._lock:
            if not self.is_due(username):
                return False
            hour = _hour_of(self._clock())
            if hour != self._hour:
                self._hour, self._noted, self._retry_at = hour, set(), 0.0
            self._noted.add(username)
            self._waiting.add(username)
            begins, self._writing = not self._writing, True
            return begins

    def _next(self) -> set[str]:
        with self._lock:
            names, self._waiting = self._waiting, set()
            self._writing = bool(names)
            return names

    def _fail(self, names: set[str]) -> None:
        with self._lock:
            self._noted -= names | self._waiting
            self._waiting = set()
            self._retry_at = self._clock() + RETRY_SECONDS

    def _write(self, names: set[str]) -> None:
        """Write the hour; if another process has done so, SQLite's file does not change."""
        seen = update(users).where(users.c.username.in_(names)).values(last_seen=self._hour)
        with self._database.write() as connection:
            connection.execute(seen)


def _hour_of(seconds: float) -> int:
    return int(seconds // PRECISION_SECONDS * PRECISION_SECONDS)

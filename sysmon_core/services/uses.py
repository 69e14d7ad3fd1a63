"""The last uses of credentials, written sparingly: each write invalidates the users' cache."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Table, update

from sysmon_core.database import Database
from sysmon_core.errors import DatabaseUnavailable

RETRY_SECONDS = 60.0  # after a use that could not be recorded, until another is tried

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Clocks:
    """Two clocks.

    Args:
        now: gives seconds since 1970.
        monotonic: gives seconds that no setting of the clock changes.
    """

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


class Uses:
    """Records the last use of each row of a table in its column ``used``.

    Args:
        precision: seconds; a use is recorded when the last one is older, as a multiple of it.
        name: what a row is, for the log.
    """

    def __init__(
        self, database: Database, table: Table, precision: int, name: str, clocks: Clocks
    ) -> None:
        self._database = database
        self._table = table
        self._precision = precision
        self._name = name
        self._clocks = clocks
        self._recording: set[int] = set()  # the ids of the rows whose use is being recorded
        self._record_from = 0.0  # in monotonic seconds

    def is_due(self, row_id: int, used: int | None) -> bool:
        """Whether a use is to be recorded: none is, or the last is too old.

        One that lies ahead by more than that was recorded before the clock was set back.
        """
        if row_id in self._recording or self._clocks.monotonic() < self._record_from:
            return False
        return used is None or abs(self._clocks.now() - used) >= self._precision

    def record(self, row_id: int) -> None:
        """Record a use; if that fails, none is recorded for a minute, since each has to wait.

        What was asked for does not depend on it.
        """
        used = int(self._clocks.now() // self._precision * self._precision)
        table = self._table
        self._recording.add(row_id)
        try:
            with self._database.write() as connection:
                connection.execute(update(table).where(table.c.id == row_id).values(used=used))
        except DatabaseUnavailable as error:
            self._record_from = self._clocks.monotonic() + RETRY_SECONDS
            logger.warning("the use of a %s was not recorded: %s", self._name, error)
        finally:
            self._recording.discard(row_id)

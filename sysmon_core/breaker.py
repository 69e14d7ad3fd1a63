"""Keeps all but one from waiting for a database that did not answer the last time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from sysmon_core.errors import DatabaseTimeout


class Breaker:
    """A circuit breaker (Nygard, Release It!, 5.2) without a clock.

    A thread that waits is lost to everybody else. So once somebody has waited in vain, one at a
    time finds out whether the database answers again, and all others are told at once.
    """

    def __init__(self) -> None:
        self._open = False
        self._probe = threading.Lock()

    @contextlib.contextmanager
    def guarding(self) -> Iterator[None]:
        """Watch over one use of the database.

        Raises:
            DatabaseTimeout: somebody else is waiting for it already.
        """
        probing = self._open
        if probing and not self._probe.acquire(blocking=False):
            raise DatabaseTimeout("The users' database does not answer: try again")
        try:
            yield
        except DatabaseTimeout:
            self._open = True
            raise
        except BaseException:
            self._open = False  # whatever it was, there was an answer
            raise
        else:
            self._open = False
        finally:
            if probing:
                self._probe.release()

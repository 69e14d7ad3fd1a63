"""Keeps all but one from waiting for a server that did not answer the last time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class CircuitBreaker:
    """A circuit breaker (Nygard, Release It!, 5.2) without a clock.

    A thread that waits is lost to everybody else. So once somebody has waited in vain, one at a
    time finds out whether the server answers again, and all others are told at once.

    Args:
        timeout: the error of having waited in vain.
        reason: its text for those who do not even try.
    """

    def __init__(self, timeout: type[Exception], reason: str) -> None:
        self._timeout = timeout
        self._reason = reason
        self._open = False
        self._probe = threading.Lock()

    @contextlib.contextmanager
    def guarding(self) -> Iterator[None]:
        """Watch over one use of the server.

        Raises:
            the error of having waited in vain: somebody else is waiting for it already.
        """
        probing = self._open
        if probing and not self._probe.acquire(blocking=False):
            raise self._timeout(self._reason)
        try:
            yield
        except self._timeout:
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

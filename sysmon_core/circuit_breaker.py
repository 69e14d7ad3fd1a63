"""A circuit breaker: while a server does not answer, one thread waits for it and no other does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class CircuitBreaker:
    """A circuit breaker (Nygard, Release It!, 5.2) without a clock.

    A timeout opens it. While it is open, one use at a time probes whether the server answers again,
    and all others fail at once, so that they do not keep their threads busy with waiting. An answer
    of any kind closes it.

    Args:
        timeout: the class of errors that mean that the server did not answer in time; uses that
            fail at once raise it too.
        reason: the text of their error.
    """

    def __init__(self, timeout: type[Exception], reason: str) -> None:
        self._timeout = timeout
        self._reason = reason
        self._open = False
        self._probe = threading.Lock()

    @contextlib.contextmanager
    def guarding(self) -> Iterator[None]:
        """Guard one use of the server in the context.

        Raises:
            Exception: of the class ``timeout``, if the circuit is open and another thread probes.
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
            self._open = False  # an error, but an answer
            raise
        else:
            self._open = False
        finally:
            if probing:
                self._probe.release()

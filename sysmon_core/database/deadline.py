"""The deadline of a transaction: it bounds all waits of one together.

They are the waits for a connection, for a lock and for each answer of the database.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

DEFAULT_SECONDS = 2.0  # leaves one second for the rest of a request, which may take three


class Deadline(threading.local):
    """The deadline of this thread's transaction.

    Outside of a transaction there is none, and each wait may take DEFAULT_SECONDS.
    """

    end: float | None = None  # in monotonic seconds

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Set the deadline in the context, unless one is set already that is earlier."""
        outer = self.end
        end = time.monotonic() + seconds
        self.end = end if outer is None else min(end, outer)
        try:
            yield
        finally:
            self.end = outer

    def remaining(self) -> float:
        """Return the seconds until the deadline, 0 after it."""
        return DEFAULT_SECONDS if self.end is None else max(0.0, self.end - time.monotonic())

"""How long a transaction waits in all: for a connection, for a lock and for each answer."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

USUAL = 2.0  # seconds: with two of them, and all else, a request is answered within three


class Deadline(threading.local):
    """What is left of it in this thread; outside of a transaction it does not run out."""

    end: float | None = None

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Let all that waits in here wait this long in all, or as long as is left around it."""
        before = self.end
        self.end = time.monotonic() + min(seconds, seconds if before is None else self.left())
        try:
            yield
        finally:
            self.end = before

    def left(self) -> float:
        """Seconds that may still be waited; never less than none."""
        return USUAL if self.end is None else max(0.0, self.end - time.monotonic())

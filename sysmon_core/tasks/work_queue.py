"""The queue between a worker's consumers and its threads, which lets idle threads sleep."""

from __future__ import annotations

from queue import Empty, PriorityQueue
from typing import Any


class WorkQueue(PriorityQueue[Any]):
    """Has threads wait until there is an item, or the worker shuts down.

    Dramatiq's threads check whether to stop each time that ``get`` times out: hundreds of such
    checks a second would be most of what an idle worker does.
    """

    def __init__(self) -> None:
        super().__init__()
        self._timing_out = False

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the first item; the time-out counts once ``let_time_out`` was called.

        Raises:
            Empty: there is none by then.
        """
        with self.not_empty:
            if block and not self._qsize():
                self.not_empty.wait(timeout if self._timing_out else None)
            if not self._qsize():
                raise Empty
            return self._get()

    def let_time_out(self) -> None:
        """Wake all waiting threads, and have time-outs count from now on."""
        with self.not_empty:
            self._timing_out = True
            self.not_empty.notify_all()

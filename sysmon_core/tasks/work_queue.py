"""The queue between a worker's consumers and its threads, which lets idle threads sleep."""

from __future__ import annotations

from queue import Empty, PriorityQueue
from typing import Any


class WorkQueue(PriorityQueue[Any]):
    """Has threads wait until there is something, or the end is near.

    Dramatiq's threads look whether they are to stop each time that ``get`` gives up: hundreds
    of them looking each second would be most of what an idle worker does.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waking = False

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """The first item; the time-out counts once ``wake`` was called.

        Raises:
            Empty: there is none by then.
        """
        with self.not_empty:
            if block and not self._qsize():
                self.not_empty.wait(timeout if self._waking else None)
            if not self._qsize():
                raise Empty
            return self._get()

    def wake(self) -> None:
        """Have everybody look up, now and from now on."""
        with self.not_empty:
            self._waking = True
            self.not_empty.notify_all()

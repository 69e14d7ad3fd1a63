"""What a metric is given for one run: how long it may take, and whether to stop."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sysmon_core.errors import MetricTimeout, RunStopped
from sysmon_core.running.orphan_reaper import OrphanReaper

Listener = Callable[[bytes], None]


class Stop:
    """A flag that a blocked thread can wait for: readable by ``poll()`` once it is set.

    It is a pipe rather than an eventfd, since macOS has none. Use it as a context manager, which
    closes its two descriptors.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self._read, self._write = os.pipe()

    def set(self, reason: str) -> None:
        """Ask the run to end; of several reasons the first is reported."""
        if self.reason is None:
            self.reason = reason
            os.write(self._write, b"!")

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._read

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._read)
        os.close(self._write)


@dataclass(frozen=True)
class Run:
    """One run of a metric.

    ``deadline`` is in the terms of ``time.monotonic()``; ``output_limit`` is in bytes; the
    ``reaper`` ends what the run started, should this process be killed; the ``listener``, if there
    is one, is given the text as it comes, in UTF-8 and in parts of any size; the ``prefix`` stands
    before the words of every program.
    """

    deadline: float
    output_limit: int
    stop: Stop = field(repr=False)
    reaper: OrphanReaper = field(default_factory=OrphanReaper, repr=False)
    listener: Listener | None = field(default=None, repr=False)
    prefix: Sequence[str] = field(default=(), repr=False)

    def seconds_left(self) -> float:
        """Seconds until the deadline, never below zero."""
        return max(0.0, self.deadline - time.monotonic())

    def tell(self, text: bytes) -> None:
        """Hand a part of the text to the listener."""
        if self.listener is not None:
            self.listener(text)

    def check(self) -> None:
        """Raise if the run is to end.

        Raises:
            RunStopped: the stop flag is set.
            MetricTimeout: the deadline has passed.
        """
        if self.stop.reason is not None:
            raise RunStopped(self.stop.reason)
        if not self.seconds_left():
            raise MetricTimeout("it took longer than its params allow for and was stopped")

    def sleep(self, seconds: float) -> None:
        """Wait; as ``check`` raises, at once when the run is to end."""
        waiting = select.poll()  # select() knows no descriptor above 1023
        waiting.register(self.stop, select.POLLIN)
        waiting.poll(min(seconds, self.seconds_left()) * 1000)
        self.check()

"""What a collection is given while it runs: how long it may take, and whether to stop."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sysmon_core.errors import MetricTimeout, RunStopped
from sysmon_core.running.orphan_reaper import Keeper

Listener = Callable[[bytes], None]


class Stop:
    """A flag that a blocked thread can wait for: readable by ``poll()`` once it is set.

    A pipe rather than an eventfd, since macOS has none. Use it as a context manager:
    its two descriptors are closed at the end.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self._read, self._write = os.pipe()

    def set(self, reason: str) -> None:
        """Ask the run to end; the first reason given is the one that is told."""
        if self.reason is None:
            self.reason = reason
            os.write(self._write, b"!")

    def fileno(self) -> int:
        """The descriptor to wait on."""
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
    """One collection under way.

    ``deadline`` is in the terms of ``time.monotonic()``; ``output_limit`` is in bytes; the
    ``keeper`` ends what the run started, should this process be killed; the ``listener``, if there
    is one, is told the text as it comes, in UTF-8 and in parts of any size.
    """

    deadline: float
    output_limit: int
    stop: Stop = field(repr=False)
    keeper: Keeper = field(default_factory=Keeper, repr=False)
    listener: Listener | None = field(default=None, repr=False)

    def seconds_left(self) -> float:
        """Seconds until the deadline, never below zero."""
        return max(0.0, self.deadline - time.monotonic())

    def tell(self, text: bytes) -> None:
        """Hand over a part of the text."""
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

"""The context of one run of a metric: its deadline, its limits and its stop."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sysmon_core.errors import MetricTimeout, RunStopped
from sysmon_core.running.orphan_reaper import OrphanReaper
from sysmon_core.running.sample import Sample, SampleListener

Listener = Callable[[bytes], None]


class Stop:
    """A flag that a blocked thread can wait for: readable by ``poll()`` once it is set.

    It is a pipe rather than an eventfd, since macOS has none. Use it as a context manager, which
    closes its two descriptors; whoever sets it later does nothing.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self._lock = threading.Lock()  # so that it is not closed while it is being set
        self._closed = False
        self._read, self._write = os.pipe()

    def set(self, reason: str) -> None:
        """Ask the run to end; of several reasons the first is reported."""
        with self._lock:
            if self.reason is None and not self._closed:
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
        with self._lock:
            self._closed = True
            os.close(self._read)
            os.close(self._write)


@dataclass(frozen=True)
class RunContext:
    """The limits of one run of a metric, and its listeners; a program is executed under them.

    Args:
        deadline: when the run must end, in the terms of ``time.monotonic()``.
        output_limit: bytes that a program, or a socket, may give.
        stop: ends the run before its deadline.
        reaper: ends what the run started, should this process be killed.
        listener: is given the text as it comes, in UTF-8 and in parts of any size.
        prefix: stands before the words of every program.
        sample_listener: is given samples, and parts of samples, as they come.
    """

    deadline: float
    output_limit: int
    stop: Stop = field(repr=False)
    reaper: OrphanReaper = field(default_factory=OrphanReaper, repr=False)
    listener: Listener | None = field(default=None, repr=False)
    prefix: Sequence[str] = field(default=(), repr=False)
    sample_listener: SampleListener | None = field(default=None, repr=False)

    def seconds_left(self) -> float:
        """Seconds until the deadline, never below zero."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def is_listened_to(self) -> bool:
        """Whether the run has a listener."""
        return self.listener is not None or self.sample_listener is not None

    def tell(self, text: bytes) -> None:
        """Hand a part of the text to the listener."""
        if self.listener is not None:
            self.listener(text)

    def tell_sample(self, sample: Sample) -> None:
        """Hand a sample, or a part of one, to the listener."""
        if self.sample_listener is not None:
            self.sample_listener(sample)

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

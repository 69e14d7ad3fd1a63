"""What a collection is given while it runs: how long it may take, and whether to stop."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sysmon_core.keeper import Keeper


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
    ``keeper`` ends what the run started, should this process be killed.
    """

    deadline: float
    output_limit: int
    stop: Stop = field(repr=False)
    keeper: Keeper = field(default_factory=Keeper, repr=False)

    def seconds_left(self) -> float:
        """Seconds until the deadline, never below zero."""
        return max(0.0, self.deadline - time.monotonic())

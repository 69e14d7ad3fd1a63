"""A run that ends in time."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGALRM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def bounded(seconds: int) -> Iterator[None]:
    """End the block in time, or by a signal, and then let none disturb the cleaning up."""

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        for again in SIGNALS:
            signal.signal(again, signal.SIG_IGN)
        late = f"it took longer than {seconds} s"
        sys.exit(late if number == signal.SIGALRM else f"ended by signal {number}")

    for number in SIGNALS:
        signal.signal(number, leave)
    signal.alarm(seconds)
    yield
    signal.alarm(0)

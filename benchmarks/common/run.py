"""A run of a benchmark: its options, its folder and Redis, and an end in time."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from benchmarks.common.figures import Results, say
from benchmarks.common.private_redis import PrivateRedis, private_redis

SIGNALS = (signal.SIGALRM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def options(about: str) -> argparse.ArgumentParser:
    """Return the options of both benchmarks."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="two minutes, less exact")
    parser.add_argument("--out", type=Path, help="write the results there, as Markdown")
    return parser


@contextlib.contextmanager
def run(limit: int, results: Results) -> Iterator[tuple[Path, PrivateRedis]]:
    """Give a folder and a Redis for so many seconds; at the end every promise is shown."""
    begin = time.monotonic()
    with (
        _bounded(limit),
        tempfile.TemporaryDirectory(prefix="sysmon-bench-") as name,
        private_redis(Path(name)) as redis,
    ):
        yield Path(name), redis
    say(f"\n{time.monotonic() - begin:.0f} s in all")
    for promise in results.promises:
        say(promise.line())


@contextlib.contextmanager
def _bounded(seconds: int) -> Iterator[None]:
    """End the block in time, or by a signal; no other signal disturbs the cleaning up."""

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

"""A plugin whose metrics do all that one must not; copied to where a test installs it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from sysmon_core import Column, Command, Field, Integer, Metric, Params, Report, Run, hookimpl

PROGRAMS = Path(__file__).parent.parent / "programs"
KINDS = ("plain", "failing", "stubborn")


class WorkParams(Params):
    """What work.sh is told, and how long the run is said to take."""

    key: Integer = Field(0, description="Its number")
    tenths: Integer = Field(0, description="Tenths of a second that it takes")
    kind: Integer = Field(0, le=2, description="How it ends")
    said: Integer = Field(60, description="Seconds that it is said to take")


def words(params: WorkParams, _platform: str) -> list[str]:
    return [str(params.key), str(params.tenths), KINDS[params.kind]]


def said(params: WorkParams) -> float:
    return params.said


def work(name: str, *, repeatable: bool) -> Command:
    return Command(
        name=name,
        title=name,
        params=WorkParams,
        duration=said,
        program="work",
        package="none",
        arguments=words,
        repeatable=repeatable,
    )


class Odd(BaseException):
    """No Exception, and it cannot even be shown."""

    def __str__(self) -> NoReturn:
        raise LookupError


def raising(error: BaseException) -> Callable[[Any, Run], Report]:
    def function(_params: Any, _run: Run) -> Report:
        raise error

    return function


def returning(value: object) -> Callable[[Any, Run], Report]:
    def function(_params: Any, _run: Run) -> Any:
        return value

    return function


def exits(_params: Any, _run: Run) -> Report:
    os._exit(3)


def segfaults(_params: Any, _run: Run) -> Report:
    return Report(str(ctypes.string_at(0)))


def is_killed(_params: Any, _run: Run) -> Report:
    os.kill(os.getpid(), signal.SIGKILL)
    return Report("never")


def recurses(params: Any, run: Run) -> Report:
    return recurses(params, run)


def chatters(_params: Any, _run: Run) -> Report:
    print("x" * 100_000)  # noqa: T201 - what it must not do
    os.write(2, b"y" * 100_000)
    return Report("said")


def leaves_a_thread(_params: Any, _run: Run) -> Report:
    threading.Thread(target=time.sleep, args=(3600,)).start()
    return Report("left")


def has_children(_params: Any, _run: Run) -> Report:
    """Hear nothing for an hour, and have a child that does the same."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with (PROGRAMS / "starts").open("a") as starts:
        starts.write(f"0 {os.getpid()}\n")
    subprocess.run(["tail", "-f", str(PROGRAMS / "starts")], stdout=subprocess.DEVNULL, check=False)
    time.sleep(3600)
    return Report("never")


class TickParams(Params):
    """How many samples, a tenth of a second apart."""

    count: Integer = Field(10, description="How many")


def ticks(params: TickParams, run: Run) -> None:
    for number in range(params.count):
        run.sample([{"number": number}])
        run.sleep(0.1)


FUNCTIONS: dict[str, Callable[[Any, Run], Any]] = {
    "bytes": returning(Report(b"bytes")),  # type: ignore[arg-type]
    "chatter": chatters,
    "children": has_children,
    "exit": exits,
    "generator-exit": raising(GeneratorExit("the cause")),
    "huge": returning(Report("x" * (1 << 21))),
    "keyboard": raising(KeyboardInterrupt("the cause")),
    "killed": is_killed,
    "no-report": returning({"text": "a dictionary"}),
    "nothing": returning(None),
    "odd": raising(Odd()),
    "oserror": raising(OSError(5, "the cause")),
    "recursion": recurses,
    "segfault": segfaults,
    "surrogate": raising(ValueError("the cause \udcff")),
    "surrogate-text": returning(Report("text \udcff")),
    "system-exit": raising(SystemExit("the cause")),
    "thread": leaves_a_thread,
    "value": raising(ValueError("the cause")),
}


def a_moment(_params: Any) -> float:
    return 5.0


def an_hour(_params: Any) -> float:
    return 3600.0


def fickle(_params: Any) -> float:
    """Fail where a worker asks, and nowhere else."""
    if "dramatiq" in sys.argv[0]:
        raise ValueError("the cause")
    return 5.0


def function(name: str, collect: Callable[[Any, Run], Any]) -> Metric:
    duration = an_hour if name == "children" else a_moment
    return Metric(name=name, title=name, function=collect, duration=duration)


@hookimpl
def sysmon_metrics() -> list[Metric]:
    return [
        work("once", repeatable=False),
        work("again", repeatable=True),
        Metric(
            name="ticks",
            title="ticks",
            params=TickParams,
            columns=[Column("number", "which one", "1")],
            function=ticks,
            duration=an_hour,
        ),
        Metric(name="fickle", title="fickle", function=returning(Report("")), duration=fickle),
        *(function(name, collect) for name, collect in FUNCTIONS.items()),
    ]

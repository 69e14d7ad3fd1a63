"""What one run costs: time, and memory at its peak."""

from __future__ import annotations

import sys
import tempfile
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sysmon_core.checks.finding import Verdict
from sysmon_core.checks.trial import Trial
from sysmon_core.metrics.command import Command
from sysmon_core.metrics.isolation import isolate
from sysmon_core.metrics.metric import Metric

MEGABYTE = 1e6
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, of what getrusage(2) gives
# The kernel counts the memory of who forks as the program's too: so this Python, which is small
# without its libraries, does it in the place of ours. Hence "at most".
LAUNCHER = """
import os, sys
pid = os.fork()
if not pid:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w") as file:
    print(used.ru_maxrss, used.ru_utime + used.ru_stime, file=file)
os._exit(os.waitstatus_to_exitcode(status) % 256)
"""


@dataclass(frozen=True)
class Usage:
    """Seconds of processor time, and bytes."""

    cpu: float
    memory: float
    of: str


def cost(trial: Trial) -> Verdict | None:
    """The milliseconds and megabytes of a run with default params."""
    if trial.default.report is None:
        return None
    took = trial.default.seconds
    if not trial.metric.long:  # the first run was also that of all that is made once
        took = min(took, trial.run(trial.defaults).seconds)
    usage = _usage(trial)
    return Verdict(
        f"{1000 * took:.0f} ms, of processor time {1000 * usage.cpu:.0f} ms, "
        f"at most {usage.memory / MEGABYTE:.1f} MB ({usage.of})"
    )


def _usage(trial: Trial) -> Usage:
    with tempfile.TemporaryDirectory(prefix="sysmon-cost-") as folder:
        file = Path(folder) / "usage"
        metric = _launched(trial, (sys.executable, "-I", "-S", "-c", LAUNCHER, str(file)))
        if metric is None:
            return _of_function(trial)
        trial.run(trial.defaults, metric)
        memory, cpu = map(float, file.read_text().split())
    return Usage(cpu, memory * UNIT, "its process")


def _launched(trial: Trial, launcher: Sequence[str]) -> Metric | None:
    """The metric, its process begun by the launcher; None if it is a function that has none."""
    metric = trial.declared
    if isinstance(metric, Command):
        return _behind(metric, launcher)
    if trial.source and trial.metric is not metric:
        return isolate(metric, trial.source, launcher)
    return None


def _behind(command: Command, launcher: Sequence[str]) -> Command:
    def arguments(params: Any, platform: str) -> Sequence[str]:
        return (*launcher[1:], str(command.path), *command.arguments(params, platform))

    return replace(command, path=launcher[0], arguments=arguments)


def _of_function(trial: Trial) -> Usage:
    tracemalloc.start()
    try:
        outcome = trial.run(trial.defaults)
        return Usage(outcome.cpu, tracemalloc.get_traced_memory()[1], "Python's objects")
    finally:
        tracemalloc.stop()

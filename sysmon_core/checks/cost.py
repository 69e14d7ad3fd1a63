"""The cost of one run: time, and memory at its peak."""

from __future__ import annotations

import sys
import tempfile
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

from sysmon_core.checks.finding import Verdict
from sysmon_core.checks.trial import Trial

MEGABYTE = 1e6  # bytes
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, of getrusage(2)
# The kernel counts the memory of the process that forks as the program's too. So this Python, which
# is small without its libraries, forks instead of this process. Hence "at most".
MEASURE = """
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
    """Seconds of processor time, and bytes at the peak; ``subject`` is what was measured."""

    cpu: float
    memory: float
    subject: str


def cost(trial: Trial) -> Verdict | None:
    """Measure a run with default params, in milliseconds and megabytes."""
    if trial.default.report is None:
        return None
    took = trial.default.seconds
    if not trial.metric.long:  # the first run also does what is done only once
        took = min(took, trial.run(trial.defaults).seconds)
    usage = _usage(trial)
    return Verdict(
        f"{1000 * took:.0f} ms, of processor time {1000 * usage.cpu:.0f} ms, "
        f"at most {usage.memory / MEGABYTE:.1f} MB ({usage.subject})"
    )


def _usage(trial: Trial) -> Usage:
    return _of_process(trial) if trial.has_process else _of_function(trial)


def _of_process(trial: Trial) -> Usage:
    with tempfile.TemporaryDirectory(prefix="sysmon-cost-") as folder:
        file = Path(folder) / "usage"
        trial.run(trial.defaults, (sys.executable, "-I", "-S", "-c", MEASURE, str(file)))
        memory, cpu = map(float, file.read_text().split())
    return Usage(cpu, memory * MAXRSS_UNIT, "its process")


def _of_function(trial: Trial) -> Usage:
    tracemalloc.start()
    try:
        outcome = trial.run(trial.defaults)
        return Usage(outcome.cpu, tracemalloc.get_traced_memory()[1], "Python's objects")
    finally:
        tracemalloc.stop()

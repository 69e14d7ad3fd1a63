"""The processes that use most of the processors, or of the memory."""

import math
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal

import psutil

from sysmon_core import (
    Column,
    Field,
    Integer,
    Metric,
    MetricFailed,
    Params,
    Row,
    Run,
    hookimpl,
)

INTERVAL_SECONDS = 0.5  # the kernel counts processor time in hundredths of a second

COLUMNS = [
    Column("pid", "the number of the process", kind="key"),
    Column("user", "whose it is"),
    Column("name", "its name, as far as the kernel knows it"),
    Column(
        "cpu",
        f"share of one processor over {INTERVAL_SECONDS} s: more than 100 with threads",
        "%",
        maximum=math.inf,
    ),
    Column("memory", "resident memory, that which is shared included", "By"),
    Column("threads", "its threads", "1"),
    Column("status", "what it does: running, sleeping, zombie and so on"),
]

# Never the command line: its arguments may hold passwords and tokens, which every reader of the
# metric would see. psutil takes the end of a name from there if the kernel has cut it off.
MAX_NAME_CHARACTERS = 15  # of the kernel's own name of a process
ATTRIBUTES = ["username", "name", "num_threads", "status", "memory_info"]

# Raised where a process is gone, or this user may not see it.
UNREADABLE = (psutil.Error, OSError)

# The monotonic time of the sample, and the processor time used by then, both in seconds.
Sample = tuple[float, float]


class ProcessesParams(Params):
    """How many processes, and which."""

    top: Integer = Field(10, ge=1, le=100, description="Number of processes")
    by: Literal["cpu", "memory"] = Field("cpu", description="What they use most of")


def everyone() -> Iterator[psutil.Process]:
    """Yield each process that this user may see.

    Raises:
        MetricFailed: there is none, not even this one.
    """
    try:
        yield from psutil.process_iter()
    except IndexError as error:  # what psutil makes of an empty list
        raise MetricFailed(
            "This host shows no process: mount /proc, and let the user of sysmon read it"
        ) from error


def sample(processes: Iterable[psutil.Process], run: Run) -> dict[psutil.Process, Sample]:
    """Read the processor time of each process, without those that are gone or cannot be read.

    psutil's own ``cpu_percent`` counts from its last call, which may be another caller's.
    """
    found = {}
    for process in processes:
        run.check()
        try:
            times = process.cpu_times()
        except UNREADABLE:
            continue
        found[process] = (time.monotonic(), times.user + times.system)
    return found


def shares(processes: Iterable[psutil.Process], run: Run) -> dict[psutil.Process, float]:
    """Measure how much of one processor each process uses, in percent; the busiest first.

    Idle processes are in the order of all processor time that they have used.
    """
    before = sample(processes, run)
    run.sleep(INTERVAL_SECONDS)
    after = sample(before, run)
    busiest = sorted(after, key=lambda process: -after[process][1])
    found = {process: share(before[process], after[process]) for process in busiest}
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def share(before: Sample, after: Sample) -> float:
    """Percent of one processor between two samples."""
    (begin, used_then), (end, used_now) = before, after
    return round(max(0.0, 100 * (used_now - used_then) / (end - begin)), 1)


def largest(run: Run) -> list[psutil.Process]:
    """All processes whose memory can be read, the largest first."""
    found = {}
    for process in everyone():
        run.check()
        try:
            found[process] = process.memory_info().rss
        except UNREADABLE:
            continue
    return sorted(found, key=lambda process: -found[process])


def details(process: psutil.Process, cpu: float | None) -> Row:
    """Read the row of a process, with None for what the system does not tell.

    Raises:
        psutil.NoSuchProcess, OSError: it is gone.
    """
    found = process.as_dict(ATTRIBUTES)
    memory = found["memory_info"]
    return {
        "pid": process.pid,
        "user": printable(found["username"]),
        "name": printable(found["name"], MAX_NAME_CHARACTERS),
        "cpu": cpu,
        "memory": memory and memory.rss,
        "threads": found["num_threads"],
        "status": found["status"],
    }


def printable(name: str | None, length: int | None = None) -> str | None:
    """Replace bytes that are no UTF-8, which JSON cannot carry, and cut the name to a length."""
    return name and name[:length].encode("utf-8", "replace").decode()


def rows(ranked: Iterable[tuple[psutil.Process, float | None]]) -> Iterator[Row]:
    """Yield a row for each process that is still there."""
    for process, cpu in ranked:
        try:
            yield details(process, cpu)
        except UNREADABLE:
            continue


def read(params: ProcessesParams, run: Run) -> list[Row]:
    """Collect the rows; details are read of few more processes than are shown."""
    if params.by == "cpu":
        return list(islice(rows(shares(everyone(), run).items()), params.top))
    candidates = largest(run)[: 2 * params.top]  # some end meanwhile, or shrink
    cpu = shares(candidates, run)
    found = rows((process, cpu.get(process)) for process in candidates)
    return sorted(found, key=lambda row: -(row["memory"] or 0))[: params.top]


@hookimpl
def sysmon_metrics() -> list[Metric]:
    """Declare the one metric of this plugin."""
    return [
        Metric(
            name="processes",
            title="Busiest processes",
            description="The processes that use most of the processors, or of the memory: those "
            "that this user may see. A value that the system does not tell is missing.",
            params=ProcessesParams,
            columns=COLUMNS,
            function=read,
            lifetime=1,
            position=50,
        )
    ]

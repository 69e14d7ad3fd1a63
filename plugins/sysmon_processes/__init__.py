"""The processes that use most of the processors, or of the memory."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal

import psutil

from sysmon_core import Column, Field, Integer, Metric, Params, Row, Run, hookimpl

SAMPLE = 0.5  # seconds: the kernel counts processor time in hundredths

COLUMNS = [
    Column("pid", "the number of the process"),
    Column("user", "whose it is"),
    Column("name", "its name, as far as the kernel knows it"),
    Column("cpu", f"share of one processor over {SAMPLE} s: more than 100 with threads", "%"),
    Column("memory", "resident memory, that which is shared included", "By"),
    Column("threads", "its threads", "1"),
    Column("status", "what it does: running, sleeping, zombie and so on"),
]

# Never the command line: its arguments hold passwords and tokens, and whoever may ask for a
# metric may read what it gives. A name that is longer than the kernel's is taken from there.
KERNEL_NAME = 15  # characters
ATTRIBUTES = ["username", "name", "num_threads", "status", "memory_info"]

# What psutil raises of a process that is gone, or not for this user to see.
UNTOLD = (psutil.Error, OSError)

# When it was asked, and how much processor time it had used by then.
Sample = tuple[float, float]


class ProcessesParams(Params):
    """How many processes, and which."""

    top: Integer = Field(10, ge=1, le=100, description="Number of processes")
    by: Literal["cpu", "memory"] = Field("cpu", description="What they use most of")


def sample(processes: Iterable[psutil.Process], run: Run) -> dict[psutil.Process, Sample]:
    """The processor time of each; those that are gone or tell nothing are left out.

    psutil's own ``cpu_percent`` counts from its last call, which may be another caller's.
    """
    found = {}
    for process in processes:
        run.check()
        try:
            times = process.cpu_times()
        except UNTOLD:
            continue
        found[process] = (time.monotonic(), times.user + times.system)
    return found


def shares(processes: Iterable[psutil.Process], run: Run) -> dict[psutil.Process, float]:
    """How much of one processor each uses now, in percent; the busiest first.

    Of those that do nothing now, the first is what has done most.
    """
    before = sample(processes, run)
    run.sleep(SAMPLE)
    after = sample(before, run)
    busiest = sorted(after, key=lambda process: -after[process][1])
    found = {process: share(before[process], after[process]) for process in busiest}
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def share(before: Sample, after: Sample) -> float:
    """Percent of one processor between two samples."""
    (begin, used_then), (end, used_now) = before, after
    return round(max(0.0, 100 * (used_now - used_then) / (end - begin)), 1)


def largest(run: Run) -> list[psutil.Process]:
    """All processes that tell their memory, the largest first."""
    found = {}
    for process in psutil.process_iter():
        run.check()
        try:
            found[process] = process.memory_info().rss
        except UNTOLD:
            continue
    return sorted(found, key=lambda process: -found[process])


def details(process: psutil.Process, cpu: float | None) -> Row:
    """The row of a process; None for what it does not tell.

    Raises:
        psutil.NoSuchProcess, OSError: it is gone.
    """
    told = process.as_dict(ATTRIBUTES)
    memory = told["memory_info"]
    return {
        "pid": process.pid,
        "user": printable(told["username"]),
        "name": printable(told["name"], KERNEL_NAME),
        "cpu": cpu,
        "memory": memory and memory.rss,
        "threads": told["num_threads"],
        "status": told["status"],
    }


def printable(name: str | None, length: int | None = None) -> str | None:
    """A name without the bytes that are no UTF-8, which JSON cannot carry."""
    return name and name[:length].encode("utf-8", "replace").decode()


def rows(ranked: Iterable[tuple[psutil.Process, float | None]]) -> Iterator[Row]:
    """A row for each process that is still there."""
    for process, cpu in ranked:
        try:
            yield details(process, cpu)
        except UNTOLD:
            continue


def read(params: ProcessesParams, run: Run) -> list[Row]:
    """The rows that are asked for; the details are read of few processes more than are shown."""
    if params.by == "cpu":
        return list(islice(rows(shares(psutil.process_iter(), run).items()), params.top))
    chosen = largest(run)[: 2 * params.top]  # some will be gone in a moment, or have shrunk
    cpu = shares(chosen, run)
    found = rows((process, cpu.get(process)) for process in chosen)
    return sorted(found, key=lambda row: -(row["memory"] or 0))[: params.top]


@hookimpl
def sysmon_metrics() -> list[Metric]:
    """The one metric of this plugin."""
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

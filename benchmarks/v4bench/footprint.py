"""The memory of many tasks that run."""

from __future__ import annotations

from benchmarks.common.figures import Results, Table
from benchmarks.common.private_redis import PrivateRedis
from benchmarks.common.processes import memory, tree
from benchmarks.taskbench import footprint
from benchmarks.taskbench.phases import HELD, HOLDING
from benchmarks.taskbench.systems import LONG
from benchmarks.taskbench.systems import Place as TaskPlace

HELD_MB = 115  # of taskbench's run without samples 105, and 10 for them


def running(place: TaskPlace, redis: PrivateRedis, seconds: float, results: Results) -> None:
    """Measure the memory of many programs whose samples are kept."""
    table = Table(
        f"{HELD} running iostat tasks of 60 s, a report each second",
        f"The host's iostat, on one worker of {HOLDING} threads, {seconds:.0f} s after all have "
        "begun; PSS. Their samples are written to Redis as they come.",
        ("sysmon",),
        "The programs' processes, and what has been printed so far.",
    )
    system = place.sysmon(4, HOLDING)
    with system.running():
        before = memory(tree(redis.server.pid))
        system.submit_many(LONG, HELD)
        cost = footprint.holding(system, HELD, seconds)
        grown = memory(tree(redis.server.pid)) - before
    results.begin(table)
    table.add("memory, worker", "MB", cost.own_memory)
    table.add("memory, programs", "MB", cost.programs_memory)
    table.add("memory, Redis, grown by", "MB", grown)
    table.add("CPU, worker", "% of a core", cost.own_cpu)
    results.promise(f"{HELD} tasks with samples, memory in MB", cost.memory, HELD_MB)

"""What a worker costs: idle, and with as many programs running as it can."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.common.processes import Entry, memory, spent, tree, until
from benchmarks.taskbench.latency import PROGRAM, programs_of
from benchmarks.taskbench.systems import LONG, System

STARTING = 60.0  # seconds that all programs may take to have been started


@dataclass(frozen=True)
class Cost:
    """CPU in percent of a core, memory in MB; the worker's own and its programs'."""

    running: int
    own_cpu: float
    programs_cpu: float
    own_memory: float
    programs_memory: float

    @property
    def memory(self) -> float:
        """Of both."""
        return self.own_memory + self.programs_memory


def idle(systems: Sequence[System], seconds: float) -> list[Cost]:
    """The cost of workers that have nothing to do, all over the same time."""
    return _costs(systems, seconds)


def holding(system: System, tasks: int, running: int, seconds: float) -> Cost:
    """The cost of a worker, of which ``running`` of as many tasks are expected to run at once."""
    system.load(LONG, tasks, 8)
    until(
        lambda: len(programs_of(system)) >= running,
        f"{running} programs at once in {system.label}",
        0.1,
        STARTING,
    )
    return _costs([system], seconds)[0]


def _costs(systems: Sequence[System], seconds: float) -> list[Cost]:
    before = [_spent(system) for system in systems]
    begin = time.monotonic()
    time.sleep(seconds)
    after = [_spent(system) for system in systems]
    elapsed = time.monotonic() - begin
    return [_cost(old, new, elapsed) for old, new in zip(before, after, strict=True)]


def _spent(system: System) -> dict[Entry, float]:
    """The processes of the worker, each with its seconds of CPU."""
    family = tree(system.worker.pid) if system.worker else []
    return {entry: spent(entry) for entry in family}


def _cost(before: Mapping[Entry, float], after: Mapping[Entry, float], seconds: float) -> Cost:
    programs = [entry for entry in after if entry.name == PROGRAM]
    own = [entry for entry in after if entry.name != PROGRAM]
    earlier = {entry.pid: cpu for entry, cpu in before.items()}

    def share(entries: Sequence[Entry]) -> float:
        more = sum(after[entry] - earlier.get(entry.pid, 0.0) for entry in entries)
        return more / seconds * 100

    return Cost(len(programs), share(own), share(programs), memory(own), memory(programs))

"""What a worker costs: idle, and with as many programs running as it can."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.common.processes import Entry, memory, tree, until
from benchmarks.taskbench.systems import System

PROGRAM = "iostat"
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
    """Return the cost of workers that have nothing to do, all over the same time."""
    return _costs(systems, seconds)


def holding(system: System, running: int, seconds: float) -> Cost:
    """Return the cost of a worker once it runs so many programs at once."""
    until(
        lambda: sum(entry.name == PROGRAM for entry in _family(system)) >= running,
        f"{running} programs at once in {system.label}",
        0.1,
        STARTING,
    )
    return _costs([system], seconds)[0]


def _costs(systems: Sequence[System], seconds: float) -> list[Cost]:
    before = [_family(system) for system in systems]
    begin = time.monotonic()
    time.sleep(seconds)
    after = [_family(system) for system in systems]
    elapsed = time.monotonic() - begin
    return [_cost(old, new, elapsed) for old, new in zip(before, after, strict=True)]


def _family(system: System) -> list[Entry]:
    """Return the processes of the worker."""
    return tree(system.worker.pid) if system.worker else []


def _cost(before: Sequence[Entry], after: Sequence[Entry], seconds: float) -> Cost:
    programs = [entry for entry in after if entry.name == PROGRAM]
    own = [entry for entry in after if entry.name != PROGRAM]
    earlier = {entry.pid: entry.own for entry in before}

    def share(entries: Sequence[Entry]) -> float:
        return sum(entry.own - earlier.get(entry.pid, 0.0) for entry in entries) / seconds * 100

    return Cost(len(programs), share(own), share(programs), memory(own), memory(programs))

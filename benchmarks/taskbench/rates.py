"""How many tasks a second: taken, and done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.common.processes import tree
from benchmarks.taskbench.systems import NO_OP, System

T = TypeVar("T")


@dataclass
class Rates:
    """Of each round: tasks a second; of all requests: milliseconds to the answer."""

    a_second: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)


def submissions(systems: Sequence[System], count: int, rounds: int, lines: int) -> list[Rates]:
    """Submit as fast as each system takes tasks; no worker runs meanwhile."""
    rates = [Rates() for _ in systems]
    for turn in range(rounds):
        for system, rate in _in_turn(systems, rates, turn):
            done = system.load(NO_OP, count, lines)
            rate.a_second.append(count / done["seconds"])
            rate.answered += [latency * 1000 for latency in done["latencies"]]
    return rates


@dataclass
class Burst:
    """Of each round: tasks finished a second, and each part's milliseconds of CPU for a task."""

    a_second: list[float] = field(default_factory=list)
    web: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)
    programs: list[float] = field(default_factory=list)
    redis: list[float] = field(default_factory=list)
    failed: int = 0


def bursts(systems: Sequence[System], count: int, rounds: int, lines: int) -> list[Burst]:
    """Submit many no-ops at once and wait for the end of the last."""
    results = [Burst() for _ in systems]
    for turn in range(rounds):
        for system, result in _in_turn(systems, results, turn):
            _burst(system, result, count, lines)
    return results


def _in_turn(systems: Sequence[System], results: Sequence[T], turn: int) -> list[tuple[System, T]]:
    """The systems, the other way round in every second turn."""
    pairs = list(zip(systems, results, strict=True))
    return pairs[::-1] if turn % 2 else pairs


def _burst(system: System, result: Burst, count: int, lines: int) -> None:
    before = _cpu(system)
    done = system.load(NO_OP, count, lines)
    ids: list[str] = done["ids"]
    # The last ends last: the others are then asked once each.
    result.failed += sum(not system.wait_for_end(task_id) for task_id in reversed(ids))
    after = _cpu(system)
    last = max(system.ended_at(task_id) for task_id in ids)
    result.a_second.append(count / (last - done["began"]))
    for name, spent in after.items():
        getattr(result, name).append((spent - before[name]) * 1000 / count)


def _cpu(system: System) -> dict[str, float]:
    """Seconds of CPU so far, by who spent them; programs count once they have ended."""
    web = tree(system.web.pid) if system.web else []
    worker = tree(system.worker.pid) if system.worker else []
    redis = tree(system.place.redis.server.pid)
    return {
        "web": sum(entry.own for entry in web),
        "worker": sum(entry.own for entry in worker if entry.name != "iostat"),
        "programs": sum(entry.reaped for entry in worker),
        "redis": sum(entry.own for entry in redis),
    }

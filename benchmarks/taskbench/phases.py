"""The phases of a run: each measures one thing, fills a table and judges its promises."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.common.figures import Results, Table, median, percentile
from benchmarks.taskbench import footprint
from benchmarks.taskbench.systems import LONG, NO_OP, Place, System
from benchmarks.webbench.load import LINES, in_turn, measure
from benchmarks.webbench.server import Target

THREADS = 264  # of our worker: the default
HOLDING = 520  # of one that runs 256 long anonymous tasks, which have half of its threads
ROUNDS = 4  # of dispatches: neighbours only ever add, so a bound in ms is for the calmest
HELD = 256  # long tasks that our worker runs at once
GAPS = (0.05, 0.25)  # seconds between two submissions; each system's own are several times that
LOOK_SECONDS = 0.0005  # between two looks at a task's state


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    limit: int  # seconds for the whole run
    dispatches: int
    idle: float  # seconds
    burst: int
    burst_rounds: int
    submission_rounds: int
    hold: float  # seconds, of the tasks' 60
    hold_peer: float
    pools: tuple[int, ...]  # processes of the peer
    finished: int = 100_000


FULL = Scale(480, 120, 20, 1000, 3, 5, 50, 10, (2, 8, 32))
QUICK = Scale(150, 32, 8, 300, 2, 2, 5, 3, (2, 8))


@dataclass(frozen=True)
class Systems:
    """The two, and the two again whose databases are full of finished tasks."""

    sysmon: System
    classic: System
    full_sysmon: System
    full_classic: System

    @property
    def pair(self) -> list[System]:
        """The two."""
        return [self.sysmon, self.classic]

    @property
    def all(self) -> list[System]:
        """All four."""
        return [*self.pair, self.full_sysmon, self.full_classic]


@dataclass
class Waits:
    """Milliseconds from a request for a task to its answer, and to the task's end."""

    accepted: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)


def _waits(systems: Sequence[System], times: int) -> list[Waits]:
    """Submit a no-op to each system in turn, at random moments, and wait for its end."""
    dice = random.Random(1)  # noqa: S311 - the same gaps in every run
    waits = [Waits() for _ in systems]
    for _ in range(times):
        for system, mine in zip(systems, waits, strict=True):
            time.sleep(dice.uniform(*GAPS))
            begin = time.monotonic()
            task_id = system.submit(NO_OP)
            mine.accepted.append((time.monotonic() - begin) * 1000)
            if not system.wait_for_end(task_id, LOOK_SECONDS):
                raise RuntimeError(f"a task of {system.label} failed: {task_id}")
            mine.ended.append((time.monotonic() - begin) * 1000)
    return waits


def dispatch(systems: Systems, scale: Scale, results: Results) -> None:
    """One task at a time, with few and with many finished tasks."""
    few, peer, many, many_peer = _waits(systems.all, scale.dispatches)
    table = Table(
        "One no-op task, submitted to an idle system",
        f"{scale.dispatches} tasks for each system, in turn, 50 to 250 ms apart at random, from "
        "before the POST until the record in Redis reads SUCCESS, looked at every half "
        "millisecond. The no-op is a shell script of two lines.",
        limits="sysmon: HTTP takes about half; the rest is starting a launcher's shell and one "
        "for the program, waiting for them, and writing the outcome.",
    )
    _add_waits(results.begin(table), "", few, peer)
    size = scale.dispatches // ROUNDS
    rounds = [median(few.ended[first : first + size]) for first in range(0, size * ROUNDS, size)]
    text = f"idle dispatch p50 in ms, calmest of {ROUNDS} rounds (the slowest: {max(rounds):.1f})"
    results.promise(text, min(rounds), 10)
    table = _table_of_finished(results, "The same", scale)
    _add_waits(table, "sysmon, ", many, few)
    _add_waits(table, "classic, ", many_peer, peer)
    ratio = median(many.ended) / median(few.ended)
    results.promise("dispatch p50 with finished tasks, ratio", ratio, 1.5)


def _add_waits(table: Table, prefix: str, one: Waits, other: Waits) -> None:
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        for what in ("accepted", "ended"):
            numbers = (percentile(getattr(waits, what), share) for waits in (one, other))
            table.add(f"{prefix}{what}, {name}", "ms", *numbers)


def _table_of_finished(results: Results, title: str, scale: Scale) -> Table:
    return results.begin(
        Table(
            f"{title} with {scale.finished:,} finished tasks in Redis",
            "A second copy of each system in a database of its own, measured in turn with the "
            "first. There all keys of one task that succeeded, their expiry included, were copied "
            "by Redis' COPY under so many new ids.",
            (f"{scale.finished:,}", "none"),
            "Nothing looks through finished tasks: lookups are by id, the sweep reads open ones.",
        )
    )


def idle(systems: Systems, scale: Scale, results: Results) -> None:
    """Measure what idle workers cost."""
    ours, theirs = footprint.idle(systems.pair, scale.idle)
    table = Table(
        "Idle workers",
        f"All processes of each worker over the same {scale.idle:.0f} s, from /proc: CPU in per "
        f"cent of a core, memory as PSS. sysmon: 1 process, {THREADS} threads; classic: the "
        "default, a pool process per core.",
        limits="sysmon: each idle thread of Dramatiq looks at its queue once a second. classic: "
        "the memory of whole processes.",
    )
    results.begin(table)
    table.add("CPU", "% of a core", ours.own_cpu, theirs.own_cpu)
    table.add("memory", "MB", ours.memory, theirs.memory)
    results.promise("idle CPU in percent of a core", ours.own_cpu, 1)


def bursts(systems: Systems, scale: Scale, results: Results) -> None:
    """Many no-ops at once."""
    rates: dict[str, list[float]] = {"sysmon": [], "classic": []}
    failed = dict.fromkeys(rates, 0)
    for turn in range(scale.burst_rounds):
        for system in in_turn(systems.pair, turn):
            began = time.time()
            ids = system.submit_many(NO_OP, scale.burst)
            # The last ends last: the others are then asked once each.
            failed[system.label] += sum(not system.wait_for_end(one) for one in reversed(ids))
            last = max(system.ended_at(one) for one in ids)
            rates[system.label].append(scale.burst / (last - began))
    table = Table(
        f"A burst of {scale.burst} no-op tasks over HTTP",
        f"{scale.burst_rounds} rounds each, in turn, by 8 clients, from the first submission to "
        "the last SUCCESS, which is read from when the records expire.",
        limits="CPU: the worker, the programs, the web server, Redis and the clients share it.",
    )
    results.begin(table)
    table.add("finished", "tasks/s", *(median(each) for each in rates.values()))
    table.add("failed, in all rounds", "tasks", *failed.values())
    results.promise("tasks of a burst that failed", failed["sysmon"], 0)
    ratio = median(rates["sysmon"]) / median(rates["classic"])
    results.promise("tasks finished a second, ratio", ratio, 1.5, at_least=True)


def submissions(systems: Systems, scale: Scale, results: Results) -> None:
    """How fast tasks are taken, with few and with many finished ones; no worker runs."""
    targets = [
        Target(system.label, system.server, NO_OP, proof="", method="POST", status=201)
        for system in systems.all
    ]
    few, peer, many, many_peer = measure(targets, scale.submission_rounds, 2)
    table = Table(
        "Submissions over HTTP",
        f"{scale.submission_rounds} rounds of 2 s each, in turn, by wrk with {LINES} connections; "
        "no worker runs.",
        limits="CPU of the web server's one process: Python holds one core.",
    )
    results.begin(table)
    table.add("accepted", "tasks/s", few.rate, peer.rate)
    for name in ("p50", "p99"):
        table.add(f"answered, {name}", "ms", few.median(name), peer.median(name))
    table = _table_of_finished(results, "Submissions", scale)
    table.add("sysmon, accepted", "tasks/s", many.rate, few.rate)
    table.add("classic, accepted", "tasks/s", many_peer.rate, peer.rate)
    text = "time for a submission with finished tasks, ratio"
    results.promise(text, few.rate / many.rate, 1.5)


def holding(place: Place, scale: Scale, results: Results) -> None:
    """How many long tasks run at once, and what each costs."""
    table = Table(
        "Running iostat tasks of 60 s, a report each second",
        f"{HELD} tasks on one sysmon worker process with {HOLDING} threads; the peer's worker with "
        "pools of so many processes, its prefetch multiplier 1 as recommended for long tasks, and "
        f"{HELD // 4} tasks waiting. Over {scale.hold:.0f} s once all have begun, of the peer "
        f"{scale.hold_peer:.0f} s; memory (PSS) at the end of that.",
        ("sysmon", *(f"classic, {size}" for size in scale.pools)),
        "sysmon: the processes themselves, the programs, and what those have printed so far. "
        "classic: a task needs a process of the pool, whatever it does.",
    )
    results.begin(table)
    costs = [
        _hold(place.sysmon(4, HOLDING), HELD, HELD, scale.hold),
        *(
            _hold(place.classic(5, size, 1), HELD // 4, size, scale.hold_peer)
            for size in scale.pools
        ),
    ]
    table.add("running at once", "tasks", *(cost.running for cost in costs))
    table.add("memory, worker", "MB", *(cost.own_memory for cost in costs))
    table.add("memory, programs", "MB", *(cost.programs_memory for cost in costs))
    table.add("memory, a task", "MB", *(cost.memory / cost.running for cost in costs))
    table.add("CPU, worker", "% of a core", *(cost.own_cpu for cost in costs))
    table.add("CPU, programs", "% of a core", *(cost.programs_cpu for cost in costs))
    results.promise(f"{HELD} tasks, memory in MB", costs[0].memory, 100)
    results.promise(f"{HELD} tasks, worker's CPU in percent of a core", costs[0].own_cpu, 5)


def _hold(system: System, tasks: int, running: int, seconds: float) -> footprint.Cost:
    system.redis.flushall()
    with system.running():
        system.submit_many(LONG, tasks)
        return footprint.holding(system, running, seconds)

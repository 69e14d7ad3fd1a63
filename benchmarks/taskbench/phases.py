"""The phases of a run: each measures one thing, fills a table and says which promises it kept."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.common.figures import Results, Table, median, percentile
from benchmarks.taskbench import footprint, latency, rates
from benchmarks.taskbench.systems import HOLDING, THREADS, Classic, Place, Sysmon, System

ROUNDS = 4  # of dispatches: neighbours only ever add, so a bound in ms is for the calmest
LINES = 8  # connections of the load: as many as the web servers have threads
HELD = 256  # long tasks that our worker runs at once


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    limit: int  # seconds for the whole run
    dispatches: int
    idle: float  # seconds
    burst: int
    burst_rounds: int
    cancels: int
    submissions: int
    submission_rounds: int
    hold: float  # seconds, of the tasks' 60
    hold_peer: float
    pools: tuple[int, ...]  # processes of the peer
    finished: int = 100_000


FULL = Scale(480, 120, 20, 1000, 3, 30, 1000, 5, 50, 10, (2, 8, 32))
QUICK = Scale(120, 32, 8, 300, 2, 8, 400, 3, 5, 3, (2, 8))


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


def _table(
    results: Results, title: str, how: str, limits: str, systems: tuple[str, ...] = ()
) -> Table:
    named = systems or ("sysmon", "classic")
    return results.begin(Table(title, how, limits=limits, systems=named))


def dispatch(systems: Systems, scale: Scale, results: Results) -> None:
    """One task at a time, with few and with many finished tasks lying there."""
    (few, peer, many, many_peer), alone = latency.dispatch(systems.all, scale.dispatches)
    table = _table(
        results,
        "One no-op task, submitted to an idle system",
        f"{scale.dispatches} tasks for each system, in turn, 50 to 250 ms apart at random. From "
        "before the connection for the POST is opened until Redis tells (keyspace notification, "
        "nobody polls) that the record has the state; STARTED where it was heard of before the "
        "end. The no-op is a shell script of two lines, run alone for comparison.",
        "sysmon: HTTP (Granian, Pyramid, one script in Redis) takes about half; the rest is "
        "starting a launcher's shell and one for the program, waiting for them, and writing the "
        "outcome down. The workers of both block on Redis: nothing waits for a look at the queue.",
    )
    for name, ours, theirs in (
        ("201 answered", few.accepted, peer.accepted),
        ("STARTED", few.started, peer.started),
        ("SUCCESS", few.ended, peer.ended),
    ):
        table.add(f"{name}, p50", "ms", median(ours), median(theirs))
        table.add(f"{name}, p99", "ms", percentile(ours, 0.99), percentile(theirs, 0.99))
    table.add("the program alone, p50", "ms", median(alone), median(alone))
    size = scale.dispatches // ROUNDS
    rounds = [median(few.ended[first : first + size]) for first in range(0, size * ROUNDS, size)]
    text = f"idle dispatch p50 in ms, calmest of {ROUNDS} rounds (the slowest: {max(rounds):.1f})"
    results.promise(text, min(rounds), 10)
    table = _flat_table(results, f"The same with {scale.finished:,} finished tasks in Redis", scale)
    for name, mine, other in (
        ("sysmon, SUCCESS", few.ended, many.ended),
        ("classic, SUCCESS", peer.ended, many_peer.ended),
    ):
        table.add(f"{name}, p50", "ms", median(other), median(mine))
        table.add(f"{name}, p99", "ms", percentile(other, 0.99), percentile(mine, 0.99))
    ratio = median(many.ended) / median(few.ended)
    results.promise("dispatch p50 with finished tasks, ratio", ratio, 1.5)


def _flat_table(results: Results, title: str, scale: Scale) -> Table:
    return _table(
        results,
        title,
        "A second copy of each system in a database of its own, measured in turn with the first. "
        "There all keys of one task that succeeded, their expiry included, were copied by Redis' "
        "COPY under so many new ids.",
        "Nothing looks through finished tasks: lookups are by id, the sweep reads the open ones.",
        (f"{scale.finished:,}", "none"),
    )


def idle(systems: Systems, scale: Scale, results: Results) -> None:
    """What workers cost that have nothing to do."""
    ours, theirs = footprint.idle(systems.pair, scale.idle)
    table = _table(
        results,
        "Idle workers",
        f"All processes of each worker over the same {scale.idle:.0f} s, from /proc: CPU in "
        f"per cent of a core, memory as PSS. sysmon: 1 process, {THREADS} threads, as `make run` "
        "has it; classic: the default, a pool process per core.",
        "sysmon: each idle thread of Dramatiq looks at its queue once a second: two thirds of the "
        "CPU, and gone with fewer threads. classic: the memory of whole processes.",
    )
    table.add("CPU", "% of a core", ours.own_cpu, theirs.own_cpu)
    table.add("memory", "MB", ours.memory, theirs.memory)
    results.promise("idle CPU in percent of a core", ours.own_cpu, 1)


def bursts(systems: Systems, scale: Scale, results: Results) -> None:
    """Many no-ops at once."""
    ours, theirs = rates.bursts(systems.pair, scale.burst, scale.burst_rounds, LINES)
    table = _table(
        results,
        f"A burst of {scale.burst} no-op tasks over HTTP",
        f"{scale.burst_rounds} rounds each, in turn; {LINES} kept-alive connections from a process "
        "of its own. From the first submission to the last SUCCESS, which is read from when the "
        "records expire. CPU from /proc, of each part, divided by the tasks.",
        "CPU: on two cores the worker, the programs, the web server, Redis and the load share "
        "them. The worker's own part is mostly starting a process (fork, pipes, pidfd).",
    )
    table.add("finished", "tasks/s", median(ours.a_second), median(theirs.a_second))
    for name in ("web", "worker", "programs", "redis"):
        table.add(
            f"CPU, {name}", "ms a task", median(getattr(ours, name)), median(getattr(theirs, name))
        )
    table.add("failed, in all rounds", "tasks", ours.failed, theirs.failed)
    ratio = median(ours.a_second) / median(theirs.a_second)
    results.promise("tasks of a burst that failed", ours.failed, 0)
    results.promise("tasks finished a second, ratio", ratio, 1.5, at_least=True)


def cancels(systems: Systems, scale: Scale, results: Results) -> None:
    """From DELETE to silence."""
    ours, theirs = latency.cancel(systems.pair, scale.cancels)
    table = _table(
        results,
        "Cancelling a running iostat of 60 s",
        f"{scale.cancels} each, in turn. From before the DELETE is sent until the program's pidfd "
        "says that it has ended; then that the task reads REVOKED and no program is left.",
        "sysmon: one Lua script, a message by PUBLISH, a pipe that wakes the thread, TERM. "
        "classic: the pool's process is killed, the kernel ends its program, a new one is forked.",
    )
    table.add("program gone, p50", "ms", median(ours), median(theirs))
    table.add("program gone, max", "ms", max(ours), max(theirs))


def submissions(systems: Systems, scale: Scale, results: Results) -> None:
    """How fast tasks are taken, with few and with many finished ones lying there."""
    found = rates.submissions(systems.all, scale.submissions, scale.submission_rounds, LINES)
    few, peer, many, many_peer = found
    table = _table(
        results,
        "Submissions over HTTP",
        f"{scale.submission_rounds} rounds of {scale.submissions} POSTs each, in turn, over "
        f"{LINES} kept-alive connections from a process of its own, raw sockets; no worker runs. "
        "sysmon is served by Granian, the classic way by waitress with 8 threads.",
        "CPU of the web server's one process: Python holds one core.",
    )
    table.add("accepted", "tasks/s", median(few.a_second), median(peer.a_second))
    table.add("answered, p50", "ms", median(few.answered), median(peer.answered))
    table.add(
        "answered, p99", "ms", percentile(few.answered, 0.99), percentile(peer.answered, 0.99)
    )
    table = _flat_table(
        results, f"Submissions with {scale.finished:,} finished tasks in Redis", scale
    )
    table.add("sysmon, accepted", "tasks/s", median(many.a_second), median(few.a_second))
    table.add("classic, accepted", "tasks/s", median(many_peer.a_second), median(peer.a_second))
    ratio = median(few.a_second) / median(many.a_second)
    results.promise("time for a submission with finished tasks, ratio", ratio, 1.5)


def holding(place: Place, scale: Scale, results: Results) -> None:
    """How many long tasks run at once, and what each costs."""
    names = ("sysmon", *(f"classic, {size}" for size in scale.pools))
    table = _table(
        results,
        "Running iostat tasks of 60 s, a report each second",
        f"{HELD} tasks on one sysmon worker process with {HOLDING} threads; the peer's worker with "
        "pools of so many processes, its prefetch multiplier 1 as recommended for long tasks, and "
        f"{HELD // 4} tasks waiting. Over {scale.hold:.0f} s once all have begun, of the peer "
        f"{scale.hold_peer:.0f} s; memory (PSS) at the end of that: sysmon's grows with what the "
        "programs print.",
        "sysmon: memory: of the processes themselves (see idle workers), of the programs, and of "
        "what those have printed so far. classic: a task needs a process of the pool, whatever "
        "it does.",
        names,
    )
    costs = [_hold(Sysmon(place, 4, HOLDING), HELD, HELD, scale.hold)]
    for size in scale.pools:
        peer = Classic(place, 5, size)
        peer.prefetch = 1
        costs.append(_hold(peer, HELD // 4, size, scale.hold_peer))
    table.add("running at once", "tasks", *(cost.running for cost in costs))
    table.add("memory, worker", "MB", *(cost.own_memory for cost in costs))
    table.add("memory, programs", "MB", *(cost.programs_memory for cost in costs))
    table.add("memory, a task", "MB", *(cost.memory / cost.running for cost in costs))
    table.add("CPU, worker", "% of a core", *(cost.own_cpu for cost in costs))
    table.add("CPU, programs", "% of a core", *(cost.programs_cpu for cost in costs))
    table.add(
        "CPU, worker, a task", "% of a core", *(cost.own_cpu / cost.running for cost in costs)
    )
    results.promise(f"{HELD} tasks, memory in MB", costs[0].memory, 100)
    results.promise(f"{HELD} tasks, worker's CPU in percent of a core", costs[0].own_cpu, 5)


def _hold(system: System, tasks: int, running: int, seconds: float) -> footprint.Cost:
    try:
        system.redis.flushall()
        system.start_web()
        system.start_worker()
        system.wait()
        return footprint.holding(system, tasks, running, seconds)
    finally:
        system.close()

"""Each endpoint with more and more connections, ours and the peers' in turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

from benchmarks.common.figures import Table, say
from benchmarks.webbench import aims
from benchmarks.webbench.bench import Bench, Scale
from benchmarks.webbench.cells import OURS, Cells
from benchmarks.webbench.endpoints import Endpoint, endpoints
from benchmarks.webbench.load import LINES, Measured, in_turn, load
from benchmarks.webbench.server import Target

SLOWEST = 200  # answers a second at least, of a peer: each connection has to get one
HOW = """{rounds} rounds of {seconds} s, of peers {few}, and one of {long} s with {most}
connections, by wrk (one thread, a process of its own on the same cores); in each round from few
connections to many, and with each number all systems in turn, the other way round in every second
round; medians. The connections are kept alive; gunicorn's sync workers close theirs after each
answer. Each system writes its log of requests, sysmon and classic into a file, as for production;
Glances and bare have none. classic and FastAPI run the program for each uptime, Glances keeps its
figures for a second, sysmon for as long as its Cache-Control says. Submissions are never run: there
is no worker, and they are taken away after each round. {more}"""
LATENCY = """wrk is a closed loop: each connection sends its next request once it has its answer. So
the mean latency with N connections is N divided by the answers a second (Little's law): beyond what
keeps the server busy, p50 grows as N and says no more than the throughput does. What tells
something is how far p99 is from p50. p50 and p99 are as measured, from the sending of a request to
its whole answer, without wrk's correction for coordinated omission. A dash: fewer than two answers
for each connection, so that latencies would be of the lucky ones alone."""
LIMITS = "CPU of the server's process, and of the programs, threads and Redis behind it."


def run(bench: Bench) -> None:
    """All endpoints; then what has to be true of them, and what is aimed at."""
    with ExitStack() as stack:
        measured = [_measured(bench, one) for one in endpoints(bench, stack)]
    for cells in measured:
        _show(bench, cells)
        bench.plotted[cells.endpoint.name] = {
            system: [(n, one.rate) for n, one in by_connections.items() if one.rate]
            for system, by_connections in cells.found.items()
        }
    aims.judge(bench.results, measured)


def _measured(bench: Bench, endpoint: Endpoint) -> Cells:
    say(f"    {endpoint.name}")
    cells = Cells(endpoint, bench.scale.connections)
    for target in endpoint.targets:
        target.check()
        load(target, LINES, 1)
        endpoint.clear()
        cells.found[target.label] = {n: Measured(target) for n in cells.connections}
    for turn in range(bench.scale.rounds):
        for connections in cells.connections:
            for target in in_turn(endpoint.targets, turn):
                if seconds := _seconds(bench.scale, target, connections, turn):
                    one = load(target, connections, seconds)
                    cells.found[target.label][connections].rounds.append(one)
                    endpoint.clear()
    return cells


def _seconds(scale: Scale, target: Target, connections: int, turn: int) -> int:
    """How long this round is; of a peer with very many connections one in which all get answers."""
    if target.label == OURS:
        return scale.seconds
    if (least := connections // SLOWEST) > scale.seconds:
        return 0 if turn else least
    return scale.seconds if turn < scale.few else 0


def _show(bench: Bench, cells: Cells) -> None:
    table = Table(
        f"{cells.endpoint.name[0].upper()}{cells.endpoint.name[1:]}, by connections",
        "as above." if bench.plotted else _how(bench.scale),
        tuple(f"{n:,}" for n in cells.connections),
        LIMITS,
    )
    bench.results.begin(table)
    for name, unit, numbers in _rows(cells):
        table.add(name, unit, *numbers)


def _how(scale: Scale) -> str:
    most = scale.connections[-1]
    text = HOW.format(
        rounds=scale.rounds,
        few=scale.few,
        seconds=scale.seconds,
        most=f"{most:,}",
        long=max(scale.seconds, most // SLOWEST),
        more=LATENCY,
    )
    return " ".join(text.split())


def _rows(cells: Cells) -> Iterator[tuple[str, str, list[float | None]]]:
    def row(number: Callable[[str, int], float | None], system: str) -> list[float | None]:
        return [number(system, connections) for connections in cells.connections]

    def by(peer: str, connections: int) -> float | None:
        theirs = cells.rate(peer, connections)
        return cells.rate(OURS, connections) / theirs if theirs else None

    for system in cells.systems:
        yield f"{system}, answers", "1/s", row(cells.rate, system)
    for peer in cells.systems[1:]:
        yield f"sysmon's by {peer}'s", "times", row(by, peer)
    for system in cells.systems:
        yield f"{system}, p50", "ms", row(cells.p50, system)
        yield f"{system}, p99", "ms", row(cells.p99, system)
    yield "sysmon, CPU of server and programs", "µs a request", row(cells.cpu, OURS)
    for system in cells.systems:
        if cells.failed(system):
            yield f"{system}, failed", "requests", row(cells.failures, system)

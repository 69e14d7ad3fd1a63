"""What becomes of each system with more and more connections."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.common.figures import Table
from benchmarks.webbench.bench import SYSTEMS, Bench, Scale
from benchmarks.webbench.load import measure

SLOWEST = 100  # answers a second at least: each connection has to get one
UNEVEN = 0.8  # of the throughput with ten connections that is left with the most: beside noise


def run(bench: Bench) -> None:
    """From one connection to a thousand."""
    with ExitStack() as stack:
        fleet = bench.fleet(bench.site(), stack)
        for connections in bench.scale.connections:
            rounds, seconds = _effort(bench.scale, connections)
            found = measure([*fleet.values()], rounds, seconds, connections)
            for one in found:
                label = one.target.label
                bench.plotted.rates.setdefault(label, []).append((connections, one.rate))
                bench.plotted.p99.setdefault(label, []).append((connections, one.median("p99")))
    rounds, seconds = _effort(bench.scale, bench.scale.connections[-1])
    how = (
        f"As above, {bench.scale.few} rounds of {bench.scale.seconds} s; with the most connections "
        f"{rounds} of {seconds} s: an answer that comes after the end is not seen. gunicorn's sync "
        "workers have a new connection for each answer."
    )
    for title, unit, lines in (
        ("Answers a second, by connections", "1/s", bench.plotted.rates),
        ("Latency p99, by connections", "ms", bench.plotted.p99),
    ):
        table = bench.results.begin(
            Table(
                title,
                how,
                SYSTEMS,
                "CPU, as with eight. Beyond as many connections as a server works on at once each "
                "has to wait its turn: latency grows as their number, throughput does not.",
                "the same as for one: less CPU for each answer.",
            )
        )
        for index, connections in enumerate(bench.scale.connections):
            numbers = [lines[label][index][1] for label in SYSTEMS]
            table.add(f"{connections} connections", unit, *numbers)
    rates = bench.plotted.rates["sysmon"]
    (few, before), (many, after) = rates[1], rates[-1]
    text = f"v1 uptime with {many} connections, times {few} connections"
    bench.results.promise(text, after / before, UNEVEN, at_least=True)


def _effort(scale: Scale, connections: int) -> tuple[int, int]:
    """Rounds and seconds: with very many connections one round, in which each gets its answer."""
    least = connections // SLOWEST
    return (scale.few, scale.seconds) if least <= scale.seconds else (1, least)

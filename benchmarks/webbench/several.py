"""What a second process of the server gives, where the server has an option for that."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.common.figures import Table
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.load import Measured, measure
from benchmarks.webbench.server import Server, Target

CONNECTIONS = 100  # so many that each process has its part


def run(bench: Bench) -> None:
    """One and two processes, in turns."""
    site = bench.site()
    with ExitStack() as stack:
        one, two = (stack.enter_context(site.server(n).running()) for n in (1, 2))
        targets = [target for server in (one, two) for target in _asked(server)]
        found = measure(targets, bench.scale.few, bench.scale.seconds, CONNECTIONS)
    _show(bench, found)


def _asked(server: Server) -> list[Target]:
    return [
        Target("uptime", server),
        Target("an index", server, "/v2/", proof='"iostat"'),
    ]


def _show(bench: Bench, found: Sequence[Measured]) -> None:
    table = bench.results.begin(
        Table(
            "One server process and two",
            f"{bench.scale.few} rounds of {bench.scale.seconds} s with {CONNECTIONS} connections, "
            "in turn.",
            ("two", "one"),
            "CPU: the processes share the cores with wrk.",
        )
    )
    middle = len(found) // 2
    for one, two in zip(found[:middle], found[middle:], strict=True):
        table.add(one.target.label, "1/s", two.rate, one.rate)
        table.add(f"{one.target.label}, p99", "ms", two.median("p99"), one.median("p99"))
    failed = sum(one.failed for one in found)
    bench.results.promise("one and two processes, failed requests", failed, 0)

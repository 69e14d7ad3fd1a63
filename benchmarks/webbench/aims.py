"""What has to be true of the endpoints, and what is aimed at."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.common.figures import Results, say
from benchmarks.webbench.cells import OURS, Cells
from benchmarks.webbench.endpoints import FINISHED, KEPT_UPTIME, V3_UPTIME, WAITING
from benchmarks.webbench.load import LINES

BARE = "bare"
MANY = 300  # connections, with which it has to be as fast as with few
LEFT = 0.8  # of the throughput with few, at least: beside noise
JUDGED = (100, MANY)  # connections with which p99 is held against p50
SPREAD = 3.0  # times p50
FASTER = {"classic": 10.0, "Glances": 5.0, "FastAPI": 2.5, BARE: 0.4}  # uptime, times theirs
AIMS = {BARE: 0.6, "classic": 40.0, "Glances": 12.0}
SOON, USUAL = 40.0, 100  # ms of p99, with so many connections
POLLS = 2000.0  # a second, on a machine where
MACHINE = 20_000.0  # is what the bare function gives


def judge(results: Results, measured: Sequence[Cells]) -> None:
    """Promises and aims of all endpoints."""
    by_name = {cells.endpoint.name: cells for cells in measured}
    say("")
    for cells in measured:
        _holds(results, cells)
    _uptime(results, by_name[KEPT_UPTIME], by_name[V3_UPTIME])
    _polls(results, by_name)
    for cells in measured:
        text = f"{cells.endpoint.name}, p99 in ms, {USUAL} connections"
        results.aim(text, _worst(cells.p99(OURS, USUAL)), SOON)


def _holds(results: Results, cells: Cells) -> None:
    """No request fails, and many connections are served as fast and as evenly as few."""
    name = cells.endpoint.name
    failed = [f"{cells.failures(OURS, n):.0f} with {n}" for n in cells.connections]
    where = f" ({', '.join(failed)} connections)" if cells.failed(OURS) else ""
    results.promise(f"{name}, failed requests{where}", cells.failed(OURS), 0)
    few, many = cells.rate(OURS, LINES), cells.rate(OURS, MANY)
    text = f"{name}, answers with {MANY} connections, times {LINES}"
    results.promise(text, many / few, LEFT, at_least=True)
    for connections in JUDGED:
        p50, p99 = cells.p50(OURS, connections), cells.p99(OURS, connections)
        text = f"{name}, p99 as measured, times p50, {connections} connections"
        results.promise(text, p99 / p50 if p99 and p50 else math.inf, SPREAD)


def _uptime(results: Results, kept: Cells, v3: Cells) -> None:
    for peer, bound in FASTER.items():
        results.promise(f"uptime, times {peer}", _times(kept, peer), bound, at_least=True)
    text = f"uptime, p99 in ms, {LINES} connections"
    results.promise(text, _worst(kept.p99(OURS, LINES)), 10)
    ratio = v3.rate(OURS, LINES) / kept.rate(OURS, LINES)
    results.promise("uptime in version 3, times version 1", ratio, 0.6, at_least=True)
    if (most := kept.connections[-1]) != MANY:
        text = f"uptime, answers with {most} connections, times {LINES}"
        results.promise(text, kept.rate(OURS, most) / kept.rate(OURS, LINES), LEFT, at_least=True)
    for peer, bound in AIMS.items():
        results.aim(f"uptime, times {peer}", _times(kept, peer), bound, at_least=True)


def _times(cells: Cells, peer: str) -> float:
    return cells.rate(OURS, LINES) / cells.rate(peer, LINES)


def _polls(results: Results, by_name: dict[str, Cells]) -> None:
    """As many as there would be on a faster or slower machine, and as many as there were."""
    bare = by_name[KEPT_UPTIME].rate(BARE, LINES)
    for name in (FINISHED, WAITING):
        rate = by_name[name].rate(OURS, LINES)
        text = (
            f"{name}, polls a second, scaled to {MACHINE:,.0f} of bare "
            f"({rate:,.0f} measured, where bare gave {bare:,.0f})"
        )
        results.aim(text, rate * MACHINE / bare, POLLS, at_least=True)


def _worst(number: float | None) -> float:
    """Give an unknown latency a value that breaks every bound."""
    return math.inf if number is None else number

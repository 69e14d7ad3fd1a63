"""How soon a quick request is answered while a server is kept busy by others."""

from __future__ import annotations

import contextlib
import http.client
import math
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.common.figures import Table, median, percentile, say
from benchmarks.common.processes import SEARCH_PATH
from benchmarks.webbench import logins
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.besieged import TRUSTING, besieged
from benchmarks.webbench.ours import PASSWORD, USER
from benchmarks.webbench.server import UPTIME, Server, Target
from tests.support.postgresql import started_postgresql

GAP = 0.01  # seconds between two requests of the one who asks
LONGEST = 20.0  # seconds that all of them may take
HANGS = "a hung PostgreSQL and 16 users"


@dataclass(frozen=True)
class Siege:
    """What is done to the server, the bound of its p95 by the idle one, and who is asked."""

    title: str
    name: str
    bound: float
    path: str = "/v1/uptime/"
    proof: str = UPTIME


SIEGES = (
    Siege("every synchronous slot busy", "slots", 4),
    Siege("900 half-open connections", "half-open", 5),
    Siege("8 who pipeline and do not read, an index", "pipeliners", 3, "/v2/", "iostat"),
    Siege("50 who ask for processes, /livez", "runs", 3, "/livez", "alive"),
    Siege("16 guessers of passwords", "guessers", 40),
)
HUNG = Siege(HANGS, "users", 20)


def run(bench: Bench) -> None:
    """One who asks for uptime, idle and in each siege; then users who log in."""
    table = Table(
        "Under siege: p95 of one who asks",
        f"One client asks for uptime, or for what is named, {bench.scale.probes} times, "
        f"{GAP * 1000:.0f} ms apart, each time on a connection of its own: "
        "before a siege, during it and after it; idle is before and after. "
        "The besiegers have a process of their own on the same cores. Guessers try ever new users "
        "from ever new addresses, by X-Forwarded-For with that address as a trusted proxy, so that "
        "no throttle stops them. Those who pipeline ask for /openapi.json as long as the server "
        "takes requests. Those who ask for processes, each on a kept connection, vary `top` and do "
        "not mind Retry-After. PostgreSQL hangs by SIGSTOP.",
        ("idle", "besieged", "besieged, max"),
        "Guessers: hundreds of new connections and refusals a second, and what argon2's threads, "
        "which give way, still take of the same cores. Users: the circuit breaker answers "
        "them at once, as fast as they ask.",
    )
    bench.results.begin(table)
    site = bench.site()
    with site.server(more=TRUSTING).running() as server:
        for siege in SIEGES:
            _hold(bench, table, siege, server, contextlib.nullcontext())
    with started_postgresql() as cluster:
        more = {"SYSMON_DATABASE_URL": cluster.url(), "SYSMON_COMMAND_PATH": SEARCH_PATH}
        site.prepare(more)

        @contextlib.contextmanager
        def hung() -> Iterator[None]:
            cluster.signal(signal.SIGSTOP)
            try:
                yield
            finally:
                cluster.signal(signal.SIGCONT)

        with site.server(more=more).running() as server:
            Target(HANGS, server, "/v3/uptime/", f"{USER}:{PASSWORD}").check()
            _hold(bench, table, HUNG, server, hung())
    logins.run(bench)


def _hold(
    bench: Bench,
    table: Table,
    siege: Siege,
    server: Server,
    around: contextlib.AbstractContextManager[None],
) -> None:
    target = Target("sysmon", server, siege.path, proof=siege.proof)
    before = asked(bench, target)
    with around, besieged(siege.name, siege.title, server):
        during = asked(bench, target)
    after = asked(bench, target)
    idle, p95 = percentile(before + after, 0.95), percentile(during, 0.95)
    table.add(siege.title, "ms", idle, p95, max(during))
    text = f"p95 of one who asks, {siege.title}, times idle"
    bench.results.promise(text, p95 / idle, siege.bound)
    silent = during.count(math.inf)
    bench.results.promise(f"of {len(during)} who asked, {siege.title}, without answer", silent, 0)


def asked(bench: Bench, target: Target) -> list[float]:
    """Milliseconds of each answer; infinite where there was none."""
    took: list[float] = []
    end = time.monotonic() + LONGEST
    while len(took) < bench.scale.probes and time.monotonic() < end:
        begin = time.monotonic()
        try:
            target.check()
            took.append((time.monotonic() - begin) * 1000)
        except (OSError, http.client.HTTPException):
            took.append(math.inf)
        time.sleep(GAP)
    say(f"    p50 {median(took):.1f} ms, p95 {percentile(took, 0.95):.1f} ms")
    return took

"""Tasks of version 4: how soon their ends are told, and what those who wait cost others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus

from benchmarks.common import finished
from benchmarks.common.figures import Table, percentile
from benchmarks.common.processes import PATIENCE, until
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.besieged import besieged
from benchmarks.webbench.load import LINES, load
from benchmarks.webbench.ours import PASSWORD, USER, Site
from benchmarks.webbench.server import Server, Target
from benchmarks.webbench.siege import asked

ROOT = f"{USER}:{PASSWORD}"
TASKS = "/v4/tasks/"
WAIT = {"Prefer": "wait=5"}
QUICK = json.dumps({"metric": "uptime"})
LONG = json.dumps({"metric": "iostat", "params": {"count": 600}})
UNBOUND = {"SYSMON_TASKS_PER_CLIENT": "1000000", "SYSMON_TASKS_OPEN": "1000000"}
MANY = 100  # connections
WAITING = (100, 500)
SLOWER = 2  # times idle, that the p95 of others may be
SOON_MS = 15.0  # p50 of a quick task that is waited for
SLOWEST_LIST = 1.3  # times a page of few
BOOTED = ("the end of a task", 0.1, PATIENCE)


def run(bench: Bench) -> None:
    """Figures of tasks, then others' p95 while as many wait as may."""
    _figures(bench)
    _lists(bench)
    for count in WAITING:
        _others(bench, count)


@contextmanager
def _served(bench: Bench, **more: str) -> Iterator[tuple[Site, Server]]:
    site = bench.site()
    with site.server(more=UNBOUND | more).running() as server:
        yield site, server


def _submitted(server: Server, body: str) -> str:
    made = Target("a task", server, TASKS, ROOT, '"id"', "POST", HTTPStatus.CREATED, body=body)
    return made.check().headers["location"]


def _polled(server: Server, path: str) -> Target:
    """Return a poll of what has not changed."""
    tag = Target("a report", server, path, ROOT, "").check().headers["etag"]
    known = {"If-None-Match": tag}
    return Target("a poll", server, path, ROOT, "", status=HTTPStatus.NOT_MODIFIED, more=known)


def _figures(bench: Bench) -> None:
    table = Table(
        "Tasks of version 4",
        "By wrk, for as long as a load lasts. Each POST submits uptime with `Prefer: wait=5`, and "
        "is answered when a worker has run it. The polls ask for the report of a task, with the "
        "ETag that it has.",
        ("answers a second", "p50 in ms", "p99 in ms", "server's CPU in us"),
        "POST: CPU, of the server, Redis, the worker and the programs. Polls: CPU of the server.",
    )
    bench.results.begin(table)
    with _served(bench) as (site, server), ExitStack() as stack:
        worker = site.worker(more=UNBOUND)
        stack.callback(worker.stop)
        post = Target(
            "POST", server, TASKS, ROOT, "SUCCESS", "POST", HTTPStatus.CREATED, WAIT, QUICK
        )
        until(lambda: "SUCCESS" in server.get(TASKS, post.headers, "POST", QUICK).body, *BOOTED)
        p50 = _add(bench, table, post, 1)
        bench.results.aim("a quick task that is waited for, p50 in ms", p50, SOON_MS)
        _add(bench, table, post, LINES)
        path = _submitted(server, QUICK)
        until(lambda: "SUCCESS" in server.get(path, post.headers).body, *BOOTED)
        for connections in (LINES, MANY):
            _add(bench, table, _polled(server, f"{path}/report"), connections)


def _add(bench: Bench, table: Table, target: Target, connections: int) -> float:
    found = load(target, connections, bench.scale.seconds)
    bench.results.promise(f"{target.label}, {connections} connections, failed", found.failed, 0)
    figures = (found.rate, found.p50, found.p99, found.cpu)
    table.add(f"{target.label}, {connections} connections", "", *figures)
    return found.p50


def _lists(bench: Bench) -> None:
    """Ask for a page of fifty, of few tasks and of many."""
    sizes = bench.scale.finished
    heads = tuple(f"{size:,}" for size in sizes)
    how = f"A page of 50, as an admin asks for it, {LINES} connections."
    table = bench.results.begin(Table("The list of tasks, by how many there are", how, heads))
    found = []
    for size in sizes:
        with _served(bench) as (site, server):
            task = _ended(site, server)
            finished.fill(bench.redis.client(site.database), task, size - 1)
            page = Target("a page", server, TASKS, ROOT, '"next": "/v4')
            page.check()
            found.append(load(page, LINES, bench.scale.seconds))
    table.add("a page", "1/s", *(one.rate for one in found))
    table.add("a page, p50", "ms", *(one.p50 for one in found))
    text = f"a page of {heads[0]} tasks, times {heads[-1]}"
    bench.results.promise(text, found[0].rate / found[-1].rate, SLOWEST_LIST)


def _ended(site: Site, server: Server) -> str:
    """Return the id of a task that has ended; its worker is stopped."""
    worker = site.worker(more=UNBOUND)
    path = _submitted(server, QUICK)
    who = Target("", server, user=ROOT).headers
    until(lambda: "SUCCESS" in server.get(path, who).body, *BOOTED)
    worker.stop()
    return path.rpartition("/")[2]


def _targets(server: Server) -> list[Target]:
    task = _submitted(server, LONG)
    return [
        Target("/livez", server, "/livez", proof="alive"),
        Target("v1 uptime", server),
        Target("v4 uptime", server, "/v4/metrics/uptime/report", ROOT, '"samples"'),
        Target("a task", server, task, ROOT, "QUEUED"),
        Target("its report", server, f"{task}/report", ROOT, '"samples"'),
        Target("a further wait", server, task, ROOT, "QUEUED", more=WAIT),
        Target("a submission", server, TASKS, ROOT, '"id"', "POST", HTTPStatus.CREATED, body=QUICK),
    ]


def _others(bench: Bench, count: int) -> None:
    """Ask for one thing after the other, idle and while all places are taken."""
    table = Table(
        f"Others while {count} wait",
        f"As in a siege: p95 of one who asks {bench.scale.probes} times, each time on a connection "
        f"of its own; {count} requests wait for a task, which is as many as may. A further wait is "
        "answered at once, and held beside a plain poll of the same task.",
        ("idle", "with them", "with them, max"),
        "Nothing that grows: they hold no thread.",
    )
    bench.results.begin(table)
    with _served(bench, SYSMON_WAITING_REQUESTS=str(count)) as (_, server):
        for target in _targets(server):
            calm = Target(**vars(target) | {"more": {}})
            before = asked(bench, calm)
            with besieged(f"waiting-{count}", f"{count} wait", server):
                during = asked(bench, target)
            idle = percentile(before + asked(bench, calm), 0.95)
            p95 = percentile(during, 0.95)
            table.add(target.label, "ms", idle, p95, max(during))
            text = f"p95 of {target.label} while {count} wait, times idle"
            bench.results.promise(text, p95 / idle, SLOWER)

"""Whether it stays as fast with many users, many finished tasks and many metrics."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from sqlalchemy import insert

from benchmarks.common import finished
from benchmarks.common.figures import Table
from benchmarks.common.processes import PATIENCE
from benchmarks.webbench import tasks
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.load import LINES, measure
from benchmarks.webbench.ours import PASSWORD, USER, Site
from benchmarks.webbench.server import Target
from sysmon_core.database import Database
from sysmon_core.database.tables import users

SLOWER = 1.3  # what the least may take, by what the most do: flat, beside noise
INDEX = "v1 index"  # grows with what it lists
ENTRY = "[sysmon]\nmany = many_metrics\n"
METADATA = "Metadata-Version: 2.1\nName: many-metrics\nVersion: 1\n"
PLUGIN = """
from sysmon_core import Metric, Report, hookimpl

@hookimpl
def sysmon_metrics():
    names = ["many%d" % number for number in range({count})]
    return [Metric(name=name, title=name, function=lambda *_: Report("")) for name in names]
"""


def run(bench: Bench) -> None:
    """Users, tasks, metrics."""
    _users(bench)
    _tasks(bench)
    _metrics(bench)


def _compare(
    bench: Bench, what: str, how: str, limits: str, sizes: Sequence[int], targets: list[Target]
) -> None:
    """Return a table of what each size of a thing does to what is asked for.

    The lines come size by size.
    """
    found = measure(targets, bench.scale.few, bench.scale.seconds)
    heads = tuple(f"{size:,}" for size in sizes)
    table = bench.results.begin(Table(f"With more {what}", how, heads, limits))
    for label in dict.fromkeys(target.label for target in targets):
        same = [one for one in found if one.target.label == label]
        table.add(label, "1/s", *(one.rate for one in same))
        table.add(f"{label}, p99", "ms", *(one.median("p99") for one in same))
        if label != INDEX:
            text = f"{label} with {heads[0]} {what}, times {heads[-1]}"
            bench.results.promise(text, same[0].rate / same[-1].rate, SLOWER)


def _users(bench: Bench) -> None:
    sizes = bench.scale.users
    with ExitStack() as stack:
        targets = []
        for size in sizes:
            site = bench.site()
            _add_users(site, size - 1)
            server = stack.enter_context(site.server().running())
            targets.append(Target("v3 uptime", server, "/v3/uptime/", f"{USER}:{PASSWORD}"))
            path = "/v3/users/?limit=10"
            targets.append(Target("ten users", server, path, f"{USER}:{PASSWORD}", '"users"'))
        _compare(
            bench,
            "users",
            f"A server and an SQLite database for each number, {LINES} connections, in turn; each "
            "request with credentials, which are read again once the database has changed.",
            "Nothing that grows: a user is found by an index, and a list of ten by its order.",
            sizes,
            targets,
        )


def _add_users(site: Site, count: int) -> None:
    """Put them into the database itself: hashing so many passwords would take an hour."""
    rows = [
        {"username": f"user{n}", "fullname": "A B", "admin": False, "password_hash": "none"}
        for n in range(count)
    ]
    with Database(f"sqlite:///{site.folder}/sysmon.sqlite").write(PATIENCE) as connection:
        connection.execute(insert(users), rows)


def _tasks(bench: Bench) -> None:
    sizes = bench.scale.finished
    with ExitStack() as stack:
        targets = []
        for size in sizes:
            site = bench.site()
            server = stack.enter_context(site.server().running())
            path = tasks.finished(server, site.worker())
            task = path.rpartition("/")[2]
            finished.fill(bench.redis.client(site.database), task, size - 1)
            targets.append(Target("a finished task", server, path, proof="SUCCESS"))
            targets.append(Target("/metrics", server, "/metrics", proof="sysmon_redis_up 1"))
        _compare(
            bench,
            "finished tasks",
            "A server and a database of Redis for each number; there all keys of one task that "
            "succeeded were copied under so many new ids. Submissions: RESULTS-tasks.md.",
            "Nothing that grows: a task is looked up by its id, and what has ended is counted as "
            "it ends.",
            sizes,
            targets,
        )


def _metrics(bench: Bench) -> None:
    few, many = bench.scale.metrics
    plugins = "uptime iostat"
    with ExitStack() as stack:
        site = bench.site()
        path = site.environ()["PYTHONPATH"]
        environs = [
            {"SYSMON_PLUGINS_ALLOWED": plugins},
            {
                "SYSMON_PLUGINS_ALLOWED": f"{plugins} many",
                "PYTHONPATH": f"{path}:{_distribution(site, many - few)}",
            },
        ]
        targets = []
        for environ in environs:
            server = stack.enter_context(site.server(more=environ).running())
            targets.append(Target("v1 uptime", server))
            waiting = tasks.submitted(server)
            targets.append(Target("a waiting task", server, waiting, proof="QUEUED"))
            targets.append(Target(INDEX, server, "/v1/", proof='"uptime"'))
        if '"many0"' not in targets[-1].check().body:
            raise RuntimeError("the plugin with many metrics was not found")
        _compare(
            bench,
            "metrics",
            "A server with the metrics uptime and iostat, and one with a plugin of so many more.",
            "Nothing that grows: a path is looked up. The index is as long as the metrics are "
            "many: no promise.",
            bench.scale.metrics,
            targets,
        )


def _distribution(site: Site, count: int) -> str:
    """Return a folder for PYTHONPATH with a plugin, as if it were installed there."""
    folder = site.folder / "many"
    about = folder / "many_metrics-1.dist-info"
    about.mkdir(parents=True)
    (about / "entry_points.txt").write_text(ENTRY)
    (about / "METADATA").write_text(METADATA)
    (folder / "many_metrics.py").write_text(PLUGIN.format(count=count))
    return str(folder)

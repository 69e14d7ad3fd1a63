"""How much memory it takes to have it there, and how much each further server process."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.common.figures import Table
from benchmarks.common.private_redis import private_redis
from benchmarks.common.processes import memory, tree
from benchmarks.webbench import tasks
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.ours import PASSWORD, USER, Site
from benchmarks.webbench.server import Target

MOST = 140  # MB of all three parts
PARTS = ("server", "worker", "Redis")


def run(bench: Bench) -> None:
    """With one server process, and with two."""
    sizes = {processes: _sizes(bench.scale.settle, processes) for processes in (1, 2)}
    table = bench.results.begin(
        Table(
            "Memory, idle",
            "Proportional set size (PSS, from smaps_rollup in /proc: a page that n processes share "
            "counts as the n-th part in each) of all processes of the server, of the worker (264 "
            f"threads) and of the private Redis, on production.ini, {bench.scale.settle:.0f} s "
            "after a task, an uptime in version 1 and one in version 3.",
            (*PARTS, "together"),
            "what they import: redis, with asyncio, is 13 MB in each, pydantic 6, and in the "
            "server SQLAlchemy 11 and Pyramid 8. dramatiq's own process, which starts the worker "
            "and waits for it, is 15, and the worker's idle threads are 4.",
        )
    )
    for processes, found in sizes.items():
        named = "one server process" if processes == 1 else "two server processes"
        table.add(named, "MB", *found, sum(found))
    table.add("what the second adds", "MB", sizes[2][0] - sizes[1][0], None, None, None)
    bench.results.promise("server, worker and Redis, idle, PSS in MB", sum(sizes[1]), MOST)


def _sizes(settle: float, processes: int) -> list[float]:
    """Of the three parts, that have done each kind of thing once and then nothing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sysmon-bench-")))
        redis = stack.enter_context(private_redis(folder))
        site = Site(folder / "site", redis.url(0))
        site.prepare()
        server = stack.enter_context(site.server(processes).running())
        worker = site.worker()
        stack.callback(worker.stop)
        for _ in range(processes * 8):  # each connection may come to another process
            Target("sysmon", server).check()
            Target("sysmon", server, "/v3/uptime/", f"{USER}:{PASSWORD}").check()
        tasks.ended(server)
        time.sleep(settle)
        return [memory(server.tree()), memory(tree(worker.pid)), memory(tree(redis.server.pid))]

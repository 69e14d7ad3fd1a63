"""What is asked for with more and more connections, of us and of each peer that has it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus

from benchmarks.webbench import peers, tasks
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.ours import PASSWORD, USER
from benchmarks.webbench.server import Server, Target

GLANCES_UPTIME, GLANCES_PATH = r"\d+:\d\d:\d\d", "/api/4/uptime"
KEPT_UPTIME, V3_UPTIME = "uptime", "uptime in version 3"
FINISHED, WAITING = "a finished task", "a waiting task"
CELERY_QUEUE = b"celery"  # the key of its list of messages
OPEN_TASKS = "1000000"  # more than are ever submitted from one look to the next
NO_LIMITS = {"SYSMON_TASKS_OPEN": OPEN_TASKS, "SYSMON_TASKS_PER_CLIENT": OPEN_TASKS}


@dataclass(frozen=True)
class Endpoint:
    """One kind of request, who answers it, and what takes away what it leaves behind."""

    name: str
    targets: list[Target]  # ours first
    clear: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Fleet:
    """All systems, up and answering, and the tasks of those that have some, done and waiting."""

    ours: Server
    submitted: Server  # ours too, without limits and with a Redis database of its own
    classic: Server
    fastapi: Server
    glances: Server
    bare: Server
    done: dict[str, str]
    waiting: dict[str, str]
    clear: Callable[[], object]  # every task that was submitted since


def fleet(bench: Bench, stack: ExitStack) -> Fleet:
    """Start them."""
    folder, site, unlimited = bench.folder, bench.site(), bench.site()
    classics = bench.database()
    broker = f"redis+socket://{bench.redis.socket}?virtual_host={classics}"
    ours = stack.enter_context(site.server().running())
    submitted = stack.enter_context(unlimited.server(more=NO_LIMITS).running())
    classic = stack.enter_context(peers.classic(folder, broker).running())
    done = {
        "sysmon": tasks.finished(ours, site.worker()),
        "classic": tasks.finished(classic, peers.celery(folder, broker)),
    }
    waiting = {"sysmon": tasks.submitted(ours), "classic": tasks.submitted(classic)}
    kept = bench.keys(classics) - {CELERY_QUEUE}

    def clear() -> None:
        bench.redis.client(unlimited.database).flushdb()
        if new := bench.keys(classics) - kept:
            bench.redis.client(classics).unlink(*new)

    return Fleet(
        ours,
        submitted,
        classic,
        fastapi=stack.enter_context(peers.fastapi(folder).running()),
        glances=stack.enter_context(peers.glances(folder).running(GLANCES_PATH)),
        bare=stack.enter_context(peers.bare(folder, Target("sysmon", ours).check()).running()),
        done=done,
        waiting=waiting,
        clear=clear,
    )


def endpoints(bench: Bench, stack: ExitStack) -> list[Endpoint]:
    """Everything that is measured."""
    all_ = fleet(bench, stack)
    user = f"{USER}:{PASSWORD}"
    return [
        _uptime(all_),
        Endpoint(V3_UPTIME, [Target("sysmon", all_.ours, "/v3/uptime/", user)]),
        Endpoint("an index", [Target("sysmon", all_.ours, "/v2/", proof='"iostat"')]),
        _not_found(all_),
        _poll(all_, FINISHED, all_.done, "SUCCESS"),
        _poll(all_, WAITING, all_.waiting, "QUEUED"),
        _submission(all_),
        Endpoint("version 3's users", [Target("sysmon", all_.ours, "/v3/users/", user, '"users"')]),
    ]


def _uptime(all_: Fleet) -> Endpoint:
    targets = [
        Target("sysmon", all_.ours),
        Target("classic", all_.classic),
        Target("FastAPI", all_.fastapi),
        Target("Glances", all_.glances, GLANCES_PATH, proof=GLANCES_UPTIME),
        Target("bare", all_.bare),
    ]
    return Endpoint(KEPT_UPTIME, targets)


def _not_found(all_: Fleet) -> Endpoint:
    servers = {
        "sysmon": (all_.ours, "/none"),
        "classic": (all_.classic, "/none"),
        "FastAPI": (all_.fastapi, "/none"),
        "Glances": (all_.glances, "/none"),
    }
    return Endpoint(
        "a 404",
        [
            Target(label, server, path, proof="", status=HTTPStatus.NOT_FOUND)
            for label, (server, path) in servers.items()
        ],
    )


def _poll(all_: Fleet, name: str, paths: dict[str, str], state: str) -> Endpoint:
    servers = {"sysmon": all_.ours, "classic": all_.classic}
    targets = [Target(name, servers[name], path, proof=state) for name, path in paths.items()]
    return Endpoint(name, targets)


def _submission(all_: Fleet) -> Endpoint:
    def target(label: str, server: Server) -> Target:
        created = HTTPStatus.CREATED
        return Target(label, server, tasks.SUBMIT, proof="", method="POST", status=created)

    targets = [target("sysmon", all_.submitted), target("classic", all_.classic)]
    return Endpoint("a submission", targets, all_.clear)

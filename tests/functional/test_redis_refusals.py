"""A Redis that answers and refuses: who asks is told why, and the log too, once a minute."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from webtest import TestApp

from sysmon_core.app import make_app
from sysmon_core.metrics import loading
from tests.conftest import LogLines, MakeSettings, started_redis

Break = Callable[[Any], None]

FAULTS: dict[str, tuple[str, Break]] = {
    "full": ("Redis is full", lambda admin: admin.config_set("maxmemory", 1)),
    "replica": ("Redis is a read-only replica", lambda admin: admin.replicaof("127.0.0.1", 1)),
    "no replicas": ("too few replicas", lambda admin: admin.config_set("min-replicas-to-write", 1)),
    "password": (
        "refuses the user or the password",
        lambda admin: admin.execute_command("ACL", "SETUSER", "default", ">other", "<secret"),
    ),
    "rights": (
        "lacks rights (ACL SETUSER): +hset",
        lambda admin: admin.acl_setuser("default", enabled=True, commands=["-hset"]),
    ),
}
REPLIES = {
    b"-LOADING Redis is loading the dataset in memory\r\n": "Redis is still loading its data",
    b"-MISCONF Errors writing to the AOF file\r\n": "cannot save to its disk",
    b"-MOVED 3999 127.0.0.1:6381\r\n": "Redis is a cluster",
    b"-CLUSTERDOWN Hash slot not served\r\n": "Redis is a cluster",
    b"-MASTERDOWN Link with MASTER is down\r\n": "has lost its primary",
    b"-ERR max number of clients reached\r\n": "accepts no more connections",
    b"-NOAUTH Authentication required.\r\n": "refuses the user or the password",
}


@pytest.fixture
def make_server(make_settings: MakeSettings) -> Callable[[str], TestApp]:
    """Make the application on a Redis, without users."""

    def make(url: str) -> TestApp:
        config = make_settings(redis_url=url, versions="v1 v2")
        return TestApp(make_app(config, loading.load(config)))

    return make


def check_told(app: TestApp, cause: str, log_lines: LogLines) -> None:
    for _ in range(2):
        refused = app.get("/readyz", status=503)
        assert [part for part in refused.json["detail"].split("; ") if cause in part]
        assert "Not there: Redis" not in refused.json["detail"]
        assert "127.0.0.1" not in refused.text
        assert "secret" not in refused.text
        assert app.post("/v2/iostat/", status=503).json["detail"].startswith("Tasks are not")
    logged = [line["message"] for line in log_lines() if "failures" in line["logger"]]
    assert logged
    assert len({text.partition(" (")[0] for text in logged}) == len(logged)


@pytest.mark.parametrize("name", FAULTS)
def test_readyz_says_why_redis_refuses(
    name: str, folder: Path, make_server: Callable[[str], TestApp], log_lines: LogLines
) -> None:
    cause, fail = FAULTS[name]
    with (
        started_redis(folder),
        redis.Redis(unix_socket_path=f"{folder}/redis.sock") as admin,
    ):
        admin.execute_command("ACL", "SETUSER", "default", ">secret")
        fail(admin)
        app = make_server(f"unix://default:secret@{folder}/redis.sock")
        check_told(app, cause, log_lines)


@pytest.fixture
def replying(folder: Path) -> Iterator[Callable[[bytes], str]]:
    """Make a Redis that says this to all commands but those of the connection; its URL."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/socket")
        server.listen(100)

        def serve(reply: bytes) -> None:
            with contextlib.suppress(OSError):  # the test is over
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=answer, args=(connection, reply), daemon=True).start()

        def answer(connection: socket.socket, reply: bytes) -> None:
            with contextlib.suppress(OSError), connection:
                while got := connection.recv(65536):
                    connection.sendall(reply * max(1, got.count(b"\r\n*") + 1))

        def start(reply: bytes) -> str:
            threading.Thread(target=serve, args=(reply,), daemon=True).start()
            return f"unix://{folder}/socket"

        yield start
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("reply", REPLIES)
def test_readyz_says_what_redis_answers(
    reply: bytes,
    replying: Callable[[bytes], str],
    make_server: Callable[[str], TestApp],
    log_lines: LogLines,
) -> None:
    check_told(make_server(replying(reply)), REPLIES[reply], log_lines)

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from sysmon_core.errors import ConfigurationError, TasksUnavailable
from sysmon_core.redis_store.checks import check_policy
from sysmon_core.redis_store.client import api_client, redis_errors, worker_client
from sysmon_core.services.task import Task
from sysmon_core.settings import load
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.heartbeat import count_workers
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.conftest import started_redis

SOON = 5.0  # seconds: far less than any of the library's own time-outs


def uses(url: str) -> list[Callable[[], object]]:
    """All that the API asks of Redis."""
    client = api_client(url)
    results = ResultStore(WakingBroker(client).get_results_backend())
    records = RedisRecords(client, results, load({}, environ={}))
    return [
        lambda: records.submit(Task(id="t1", metric="dive", params={}), "eve"),
        lambda: records.get("t1"),
        lambda: records.cancel("t1"),
        lambda: count_workers(client),
        lambda: check_policy(client),
    ]


USES = range(len(uses("unix:///nowhere")))


def assert_told_soon(use: Callable[[], object]) -> None:
    begin = time.monotonic()
    with pytest.raises(TasksUnavailable, match="Redis does not answer"):
        use()
    assert time.monotonic() - begin < SOON


@contextlib.contextmanager
def listening(folder: Path) -> Iterator[tuple[socket.socket, str]]:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/socket")
        server.listen(100)
        yield server, f"unix://{folder}/socket"
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept()


def serve(server: socket.socket, replies: list[bytes]) -> threading.Thread:
    """Give each connection in turn one of these replies to all it says; an empty one hangs up."""

    def run() -> None:
        for reply in replies:
            with contextlib.suppress(OSError):  # the test is over
                connection, _ = server.accept()
                with connection:
                    while reply and connection.recv(65536):
                        connection.sendall(reply)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("use", USES)
def test_a_redis_that_is_not_there_is_an_error_at_once(use: int, folder: Path) -> None:
    assert_told_soon(uses(f"unix://{folder}/none.sock")[use])


def test_a_port_that_refuses_is_an_error_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and does not listen
        assert_told_soon(uses(f"redis://127.0.0.1:{unused.getsockname()[1]}")[0])


@pytest.mark.parametrize("use", USES)
def test_a_redis_that_accepts_and_never_answers_is_an_error_soon(use: int, folder: Path) -> None:
    with listening(folder) as (_, url):
        assert_told_soon(uses(url)[use])


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"-ERR no\r\n"])
def test_a_server_that_is_no_redis_is_an_error_soon(reply: bytes, folder: Path) -> None:
    with listening(folder) as (server, url):
        serve(server, [reply] * 10)
        assert_told_soon(uses(url)[1])


def test_an_error_does_not_tell_where_redis_is(folder: Path) -> None:
    with pytest.raises(TasksUnavailable) as caught:
        uses(f"unix://{folder}/none.sock")[0]()
    assert str(folder) not in str(caught.value)


def test_a_worker_tries_again_where_the_api_gives_up(folder: Path) -> None:
    with listening(folder) as (server, url):
        thread = serve(server, [b""] * 4 + [b"+PONG\r\n"])
        with pytest.raises(redis.ConnectionError):
            api_client(url).ping()
        client = worker_client(url)
        assert client.ping()
        client.connection_pool.disconnect()
        thread.join()


def test_only_errors_of_redis_become_errors_of_tasks() -> None:
    with pytest.raises(ZeroDivisionError), redis_errors():
        _ = 1 / 0


@pytest.mark.parametrize("make", [api_client, worker_client])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:6379",
        "http://localhost",
        "redis://localhost:99999",
        "redis://localhost:port",
        "redis://localhost?socket_timeout=soon",
        "redis://localhost?colour=red",
    ],
)
def test_a_url_that_cannot_be_used_stops_the_start(
    url: str, make: Callable[[str], redis.Redis]
) -> None:
    with pytest.raises(ConfigurationError, match="redis_url"):
        make(url)


@pytest.mark.parametrize("make", [api_client, worker_client])
@pytest.mark.parametrize("option", ["", "?db=3", "?max_connections=1", "?client_name=sysmon"])
def test_a_url_may_have_the_options_of_the_library(
    option: str, make: Callable[[str], redis.Redis], redis_url: str
) -> None:
    client = make(redis_url + option)
    assert client.ping()
    client.connection_pool.disconnect()


@pytest.mark.parametrize("url", ["redis://:hunter2/@localhost", "redis://me:hunter2@localhost:x"])
def test_a_password_in_a_wrong_url_is_not_told(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        api_client(url)
    assert "hunter2" not in str(caught.value)


def test_a_redis_that_may_throw_tasks_away_stops_the_start(folder: Path) -> None:
    url = f"unix://{folder}/redis.sock"
    with started_redis(folder), redis.Redis.from_url(url) as client:
        check_policy(client)
        for policy in ("allkeys-lru", "volatile-ttl"):
            client.config_set("maxmemory-policy", policy)
            with pytest.raises(ConfigurationError, match=f"{policy}.*: set it to noeviction"):
                check_policy(client)

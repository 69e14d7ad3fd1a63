"""Whatever keeps a server busy: quick requests are answered all the same."""

from __future__ import annotations

import contextlib
import itertools
import resource
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.conftest import PATIENCE, started_redis, until
from tests.support.client import HOST
from tests.support.postgresql import started_postgresql
from tests.support.site import BIN, Site, new_site

LONG = "/v1/iostat/?count=25"
SLOTS = 4  # of synchronous runs, unless the settings say otherwise
SHARE = 2  # of them, for one client
HALF_OPEN = 900
CLIENTS = 16
TRIES = 10  # of each client
QUICK = 8.0  # seconds: a busy machine may take its time, a server without a free thread takes more


def add_user(site: Site, *others: str, **settings: object) -> None:
    for words, typed in (
        (("database", "upgrade"), ""),
        *((("user", "add", name, "--password-file", "-"), "secret") for name in ("ann", *others)),
    ):
        site.said(BIN / "sysmon", *words, typed=typed, **settings)


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    """A server that believes whom a client says it speaks for, so that tests have many."""
    with new_site() as site:
        add_user(site, "bob")
        site.server(trusted_proxies=HOST)
        yield site


def quick(site: Site) -> None:
    """Ask for what is quick five times, and hold it to that."""
    began = time.monotonic()
    assert [site.client.get("/v1/uptime/").status for _ in range(5)] == [200] * 5
    assert time.monotonic() - began < QUICK


def ask_v3(site: Site, address: str, password: str, name: str = "ann") -> int:
    return replace(site.client, address=address).get("/v3/uptime/", f"{name}:{password}").status


@contextlib.contextmanager
def clients(ask: Callable[[int], int]) -> Iterator[Counter[int]]:
    """Sixteen clients that ask again and again, as long as the context lasts; counts statuses."""
    statuses: Counter[int] = Counter()
    numbers, ended = itertools.count(), threading.Event()

    def go_on() -> None:
        while not ended.is_set():
            statuses[ask(next(numbers))] += 1

    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(go_on) for _ in range(CLIENTS)]
        try:
            yield statuses
        finally:
            ended.set()
        for one in running:
            one.result()


def test_with_every_slot_for_long_runs_taken(site: Site) -> None:
    site.server(trusted_proxies=HOST)
    with contextlib.ExitStack() as stack:
        for number in range(SLOTS):
            held = stack.enter_context(socket.create_connection((HOST, site.port)))
            client = f"X-Forwarded-For: 192.0.2.{number // SHARE}\r\n"
            held.sendall(f"GET {LONG} HTTP/1.1\r\nHost: localhost\r\n{client}\r\n".encode())
        until(lambda: len(site.pids("iostat -d 1 25")) == SLOTS)
        for _ in range(3):
            refused = site.client.get(LONG)
            assert refused.status == 503
            assert int(refused.headers["Retry-After"]) > 0
            quick(site)


def test_with_hundreds_of_connections_half_open(server: Site) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for number in range(HALF_OPEN):
            one = stack.enter_context(socket.create_connection((HOST, server.port), PATIENCE))
            one.sendall(b"GET /v1/uptime/ HTTP/1.1\r\nHost: local" if number % 2 else b"G")
        quick(server)
    quick(server)


def test_with_clients_that_guess_passwords_from_everywhere(server: Site) -> None:
    def guess(number: int) -> int:
        return ask_v3(server, f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", "no")

    assert ask_v3(server, "192.0.2.1", "secret") == 200
    with clients(guess) as statuses:
        until(lambda: statuses.total() > CLIENTS)
        quick(server)
        assert ask_v3(server, "192.0.2.1", "secret") == 200  # who is known goes on
        until(lambda: statuses[429])
        quick(server)
    assert set(statuses) <= {401, 429, 503}
    assert statuses[401] <= 100  # of one user in an hour, from wherever


def test_with_clients_that_guess_every_name_from_everywhere(server: Site) -> None:
    def guess(number: int) -> int:
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return ask_v3(server, address, "no", f"name{number}")

    assert ask_v3(server, "192.0.2.1", "secret") == 200
    words = (BIN / "sysmon", "user", "password", "ann", "--password-file", "-")
    server.said(*words, typed="secret")  # the same, but nobody has seen its hash yet
    with clients(guess) as statuses:
        until(lambda: statuses.total() > CLIENTS)
        quick(server)
        assert ask_v3(server, "192.0.2.1", "secret") == 200  # at the first try
        until(lambda: ask_v3(server, "192.0.2.2", "secret", "bob") == 200)
        quick(server)
    assert set(statuses) <= {401, 503}


def test_with_a_database_that_hangs(site: Site) -> None:
    with started_postgresql() as cluster:
        url = cluster.url()
        add_user(site, database_url=url)
        site.server(database_url=url)
        assert ask_v3(site, HOST, "secret") == 200
        cluster.signal(signal.SIGSTOP)
        with clients(lambda _: ask_v3(site, HOST, "secret")) as statuses:
            until(lambda: statuses[503] > CLIENTS)
            quick(site)
            cluster.signal(signal.SIGCONT)
            until(lambda: statuses[200] > CLIENTS)
        assert set(statuses) == {200, 503}


def test_with_a_database_that_another_program_locks(site: Site) -> None:
    add_user(site)
    site.server()
    with contextlib.closing(sqlite3.connect(site.var / "sysmon.sqlite", timeout=PATIENCE)) as lock:
        lock.isolation_level = None
        lock.execute("PRAGMA locking_mode=EXCLUSIVE")
        lock.execute("BEGIN EXCLUSIVE")  # before the server has opened it, too
        with clients(lambda _: ask_v3(site, HOST, "secret")) as statuses:
            until(lambda: statuses[503] > CLIENTS)
            quick(site)
            lock.execute("COMMIT")
            lock.close()
            until(lambda: statuses[200] > CLIENTS)
        assert set(statuses) == {200, 503}


def test_with_a_redis_that_hangs(site: Site) -> None:
    add_user(site)
    site.var.mkdir(exist_ok=True)
    with started_redis(site.var) as redis:
        site.server()
        task = site.client.submit()
        assert ask_v3(site, HOST, "secret") == 200
        redis.send_signal(signal.SIGSTOP)
        with clients(lambda _: site.client.get(task).status) as statuses:
            until(lambda: statuses[503] > 10 * CLIENTS)  # one waits, the others are told at once
            quick(site)
            assert ask_v3(site, HOST, "secret") == 200
            redis.send_signal(signal.SIGCONT)
            until(lambda: statuses[200] > CLIENTS)
        assert set(statuses) == {200, 503}

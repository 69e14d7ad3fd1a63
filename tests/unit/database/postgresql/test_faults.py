"""PostgreSQL that hangs, dies and comes back, while the application goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from webtest import TestApp

from sysmon_core.database import Database, migrations
from sysmon_core.errors import DatabaseUnavailable
from sysmon_core.services.user_fields import NewUser
from tests.conftest import MakeApp, MakeSettings, until, users_of
from tests.support.postgresql import Cluster, started_postgresql
from tests.unit.database.postgresql.conftest import AT_ONCE, told
from tests.unit.database.users_requests import ANN, ask, is_unavailable


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    """A server of PostgreSQL that a test may stop, if it starts it again."""
    with started_postgresql() as cluster:
        yield cluster


@pytest.fixture
def app(own: Cluster, make_settings: MakeSettings, make_testapp: MakeApp) -> Iterator[TestApp]:
    """The application with that server's database, an admin, and connections in its pool."""
    with own.database() as url:
        made = make_testapp(make_settings(database_url=url))
        users = users_of(url)
        users.create(NewUser(username="root", password="root", fullname="Root", admin=True))
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: ask(made, "GET", "/v3/users/"), range(8)))
        assert {answer.status_int for answer in answers} == {200}
        yield made


def hang(cluster: Cluster) -> Callable[[], None]:
    cluster.signal(signal.SIGSTOP)
    return lambda: cluster.signal(signal.SIGCONT)


def crash(cluster: Cluster) -> Callable[[], None]:
    cluster.kill()
    return cluster.start


def shut_down(cluster: Cluster) -> Callable[[], None]:
    cluster.stop()
    return cluster.start


@pytest.mark.parametrize("fault", [hang, crash, shut_down])
def test_while_the_server_is_away_version_3_is_503_at_once_and_recovers_by_itself(
    own: Cluster, app: TestApp, fault: Callable[[Cluster], Callable[[], None]]
) -> None:
    assert ask(app, "POST", "/v3/users/", ANN).status_int == 201
    mend = fault(own)
    try:
        with ThreadPoolExecutor(6) as pool:
            asked = [
                pool.submit(timed, app, *request)
                for request in [("GET", "/v3/users/"), ("POST", "/v3/users/", ANN)] * 3
            ]
            for path in ("/", "/v1/uptime/", "/v2/uptime/", "/v3/"):
                assert ask(app, "GET", path).status_int == 200
            for future in asked:
                answer, seconds = future.result()
                assert is_unavailable(answer)
                assert seconds < AT_ONCE
    finally:
        mend()
    assert ask(app, "GET", "/v3/users/").json == {"users": ["ann", "root"]}
    assert ask(app, "DELETE", "/v3/users/ann").status_int == 204


def timed(*request: Any) -> tuple[Any, float]:
    begin = time.monotonic()
    answer = ask(*request)
    return answer, time.monotonic() - begin


def test_a_restart_of_postgresql_between_requests_is_unnoticed(own: Cluster, app: TestApp) -> None:
    own.stop()
    own.start()
    assert ask(app, "POST", "/v3/users/", ANN).status_int == 201
    own.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert ask(app, "GET", "/v3/users/").json == {"users": ["ann", "root"]}


def test_a_crash_in_the_middle_of_a_change_takes_it_back_whole(own: Cluster) -> None:
    with own.database() as url:
        database = Database(url)
        migrations.upgrade(database)
        row = "VALUES ('ann', 'Ann', 'x', false)"
        insert = f"INSERT INTO users (username, fullname, password_hash, admin) {row}"

        def change() -> None:
            with database.write() as connection:
                connection.execute(text(insert))
                own.kill()

        with pytest.raises(DatabaseUnavailable):
            change()
        own.start()
        assert users_of(database).list() == []


def test_a_server_that_hangs_on_every_address_is_given_up_in_time(
    own: Cluster,
) -> None:
    """A name may have two addresses, as localhost has one of IPv4 and one of IPv6."""
    own.signal(signal.SIGSTOP)
    try:
        begin = time.monotonic()
        url = own.url().replace("host=", f"host={own.folder},{own.folder},")
        assert "too long" in told(Database(url), "SELECT 1")
        assert time.monotonic() - begin < AT_ONCE
    finally:
        own.signal(signal.SIGCONT)
    until(own.answers)

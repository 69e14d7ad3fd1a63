"""What those ask who watch over the service."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis
from webtest import TestApp

from sysmon_core.app import make_app
from sysmon_core.metrics.registry import Registry
from tests.conftest import MakeApp, MakeSettings, until, working

Names = Callable[[TestApp], list[str]]


def missing(app: TestApp) -> list[str]:
    """The parts that are told not to be there."""
    app.get("/livez", status=200)
    answer = app.get("/readyz", status="*")
    if answer.status_int == 200:
        assert answer.json == {"status": "ready"}
        return []
    assert answer.status_int == 503
    assert answer.headers["Retry-After"]
    detail: str = answer.json["detail"]
    return detail.removeprefix("Not there: ").split(", ")


def test_it_lives_and_is_ready_with_all_its_parts(
    testapp: TestApp, make_settings: MakeSettings, redis_url: str
) -> None:
    assert testapp.get("/livez").json == {"status": "alive"}
    assert missing(testapp) == ["worker"]
    with working(make_settings(redis_url=redis_url)):
        until(lambda: missing(testapp) == [])
    until(lambda: missing(testapp) == ["worker"])


def test_it_lives_without_any_of_them(make_settings: MakeSettings, folder: str) -> None:
    config = make_settings(database_url=f"sqlite:///{folder}/none/users.sqlite")
    assert missing(TestApp(make_app(config, Registry([])))) == ["Redis", "worker", "database"]


def test_a_redis_that_is_full_is_there_and_full(testapp: TestApp, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", 1)
        try:
            detail = testapp.get("/readyz", status=503).json["detail"]
        finally:
            client.config_set("maxmemory", 0)
    assert detail == "Not there: worker; Redis is full"


@pytest.mark.parametrize(("private", "needed"), [(False, []), (True, ["database"])])
def test_the_database_is_needed_where_users_are(
    private: bool, needed: list[str], make_settings: MakeSettings, folder: str, redis_url: str
) -> None:
    url = f"sqlite:///{folder}/none/users.sqlite"
    given = {"database_url": url, "redis_url": redis_url, "versions": "v1 v2", "private": private}
    app = TestApp(make_app(make_settings(**given), Registry([])))
    assert missing(app) == ["worker", *needed]


def test_health_checks_show_no_addresses(
    make_testapp: MakeApp, make_settings: MakeSettings
) -> None:
    app = make_testapp(make_settings(redis_url="redis://127.0.0.1:1"))
    assert "127.0.0.1" not in app.get("/readyz", status=503).text

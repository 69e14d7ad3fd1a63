"""A server without Redis, a worker or a database."""

from __future__ import annotations

import pytest

from tests.conftest import started_redis, until
from tests.live.server.conftest import USER, refused
from tests.support.processes import listening
from tests.support.site import BIN, Site


def test_versions_1_and_3_work_without_redis(alone: Site) -> None:
    assert "load average" in alone.client.get("/v1/uptime/").json["uptime"]
    assert "Device" in alone.client.get("/v1/iostat/").json["iostat"]
    assert alone.client.get("/v3/uptime/", USER).status == 200
    assert alone.client.get("/v3/users/", USER).json == {"users": ["ann"]}
    assert alone.client.get("/v3/users/", "ann:wrong").status == 401


def test_the_longest_password_that_is_stored_can_be_sent(site: Site) -> None:
    name, password = "n" * 64, "\u00e9" * 512
    site.said(BIN / "sysmon", "database", "upgrade")
    add = ("user", "add", name, "--admin", "--password-file", "-")
    site.said(BIN / "sysmon", *add, typed=password)
    site.server_with("max_header_size = 8192")  # the least that it can be
    assert site.client.get("/v3/users/", f"{name}:{password}").json == {"users": [name]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/iostat/"),
        ("POST", "/v2/iostat/?count=3"),
        ("POST", "/v3/iostat/"),
        ("GET", "/v2/task/unknown"),
        ("DELETE", "/v2/task/unknown"),
    ],
)
def test_tasks_are_503_at_once_without_redis(alone: Site, method: str, path: str) -> None:
    answer = alone.client(method, path, USER)
    assert answer.at_once(503)
    refused(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


def test_version_3_is_503_without_a_database_and_version_1_works(site: Site) -> None:
    site.server()
    answer = site.client.get("/v3/users/", USER)
    refused(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert site.client.get("/v1/uptime/").status == 200


def test_redis_and_a_worker_make_tasks_work_without_a_new_start(site: Site) -> None:
    site.server()
    refused(site.client.get("/v2/iostat/"), 503)
    site.var.mkdir(exist_ok=True)
    with started_redis(site.var):
        task = site.client.submit()
        assert site.client.state(task) == "QUEUED"
        site.worker()
        until(lambda: site.client.state(task) == "SUCCESS")
    refused(site.client.get(task), 503)


def test_a_server_listens_on_loopback_alone(alone: Site) -> None:
    found = {address for pid in alone.processes() for address in listening(pid)}
    assert found == {f"0100007F:{alone.port:04X}"}

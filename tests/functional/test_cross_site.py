"""What the page of another site can have a browser do: look, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis
from webtest import TestApp

AddUser = Callable[..., Any]

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Sec-Fetch-Site": "nonsense"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "null"},
    {"Origin": "http://[evil"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
]
OWN = [{}, {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:80"}]
OWN += [{"Sec-Fetch-Site": "none"}, {"Origin": "http://LOCALHOST:80"}]
USER = {"username": "ann", "password": "secret", "fullname": "Ann"}

foreign = pytest.mark.parametrize("headers", FOREIGN, ids=str)
own = pytest.mark.parametrize("headers", OWN, ids=str)


@foreign
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_site_starts_no_task(
    headers: dict[str, str], method: str, testapp: TestApp, redis_url: str
) -> None:
    answer = testapp.request("/v2/iostat/", method=method, headers=headers, status=403)
    assert answer.content_type == "application/problem+json"
    with redis.Redis.from_url(redis_url) as store:
        assert store.keys("sysmon:task:*") == []


@foreign
def test_another_site_stops_no_task(headers: dict[str, str], testapp: TestApp) -> None:
    task = testapp.post("/v2/iostat/").location
    testapp.delete(task, headers=headers, status=403)
    assert testapp.get(task).json["state"] == "QUEUED"


@foreign
def test_another_site_changes_no_user(
    headers: dict[str, str], testapp: TestApp, add_user: AddUser
) -> None:
    testapp.authorization = add_user("root", "secret", admin=True)
    testapp.post_json("/v3/users/", USER, headers=headers, status=403)
    testapp.put_json("/v3/users/ann", USER, headers=headers, status=403)
    testapp.patch_json("/v3/users/root", {"fullname": "Evil"}, headers=headers, status=403)
    testapp.delete("/v3/users/root", headers=headers, status=403)
    (user,) = testapp.get("/v3/users/?detail=1").json["users"]
    assert (user["username"], user["fullname"]) == ("root", "Root")


@own
def test_other_clients_and_our_own_pages_may(headers: dict[str, str], testapp: TestApp) -> None:
    for method in ("GET", "POST"):
        task = testapp.request("/v2/iostat/", method=method, headers=headers, status=201).location
        testapp.delete(task, headers=headers, status=204)


@foreign
def test_a_link_on_another_site_may_lead_to_a_safe_request(
    headers: dict[str, str], testapp: TestApp
) -> None:
    for path in ("/", "/v1/", "/v1/uptime/", "/v2/uptime/", "/openapi.json"):
        answer = testapp.get(path, headers=headers, status=200)
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]


def test_no_preflight_is_answered(testapp: TestApp) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = testapp.options("/v2/iostat/", headers=asked, status=405)
    assert not [name for name in answer.headers if name.startswith("Access-Control-")]

"""Who may ask for a metric, by its declaration: each version, kind of caller and access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core import Field, Integer, Metric, Params
from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.registry import Registry, Source
from tests.conftest import MakeApp, MakeSettings
from tests.support.client import authorization

AddUser = Callable[..., Any]
Row = tuple[int, int, int, int]

CALLERS = {"nobody": "", "wrong": "root:wrong", "user": "ann:secret", "admin": "root:secret"}
ACCESSES = ("open", "users", "admins")
ALL, GONE = (200, 200, 200, 200), (404, 404, 404, 404)
USERS, ADMINS = (401, 401, 200, 200), (401, 401, 403, 200)
KNOWN_GONE = (401, 401, 404, 404)

# What each caller of a quick metric is answered, by version and the metric's access.
OPEN: dict[str, tuple[Row, Row, Row]] = {
    "v1": (ALL, GONE, GONE),
    "v2": (ALL, GONE, GONE),
    "v3": (USERS, USERS, ADMINS),
}
PRIVATE: dict[str, tuple[Row, Row, Row]] = {
    "v1": (USERS, KNOWN_GONE, KNOWN_GONE),
    "v2": (USERS, KNOWN_GONE, KNOWN_GONE),
    "v3": (USERS, USERS, ADMINS),
}


class Depth(Params):
    depth: Integer = Field(1, ge=1, description="Metres")


def metrics() -> Registry:
    """A quick metric, a cached one and a long one of each access."""
    kinds: dict[str, dict[str, Any]] = {
        "quick": {},
        "cached": {"lifetime": 60},
        "long": {"duration": lambda _params: 0},
    }
    fields: dict[str, Any] = {"title": "Depth", "function": lambda *_: "7 m", "params": Depth}
    source = Source("sea", "ocean", "1.2")
    return Registry(
        (Metric(name=f"{kind}-{access}", access=access, **fields, **more), source)  # type: ignore[arg-type]  # a name of the three
        for access in ACCESSES
        for kind, more in kinds.items()
    )


@pytest.fixture
def make(
    make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str, add_user: AddUser
) -> Callable[..., TestApp]:
    def make(**settings: object) -> TestApp:
        app = make_testapp(make_settings(redis_url=redis_url, **settings), metrics())
        add_user("ann", "secret")
        add_user("root", "secret", admin=True)
        return app

    return make


def ask(app: TestApp, method: str, path: str, caller: str, **more: Any) -> int:
    words = CALLERS[caller]
    headers = authorization(words) if words else {}
    answer = app.request(path, method=method, headers=headers, status="*", **more)
    return int(answer.status_int)


def row(app: TestApp, method: str, path: str) -> Row:
    a, b, c, d = (ask(app, method, path, caller) for caller in reversed(CALLERS))
    return d, c, b, a  # the admin asked first: whoever comes later finds what is cached


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("kind", ["quick", "cached"])
def test_each_caller_gets_what_the_declaration_says(
    kind: str, private: bool, make: Callable[..., TestApp]
) -> None:
    app = make(private=private)
    table = PRIVATE if private else OPEN
    for version, rows in table.items():
        for access, expected in zip(ACCESSES, rows, strict=True):
            for method in ("GET", "HEAD"):
                found = row(app, method, f"/{version}/{kind}-{access}/")
                assert found == expected, (version, access, method)


@pytest.mark.parametrize("private", [False, True])
def test_a_long_run_is_guarded_alike_however_it_is_asked_for(
    private: bool, make: Callable[..., TestApp]
) -> None:
    app = make(private=private)
    table = PRIVATE if private else OPEN
    for version, rows in table.items():
        methods = ("GET",) if version == "v1" else ("GET", "POST")
        for access, expected in zip(ACCESSES, rows, strict=True):
            begun = tuple(201 if one == 200 and version != "v1" else one for one in expected)
            for method in methods:
                found = row(app, method, f"/{version}/long-{access}/")
                assert found == begun, (version, access, method)


def test_who_may_is_decided_before_the_content_is_looked_at(make: Callable[..., TestApp]) -> None:
    app = make()
    malformed = {"body": b"{", "content_type": "application/json"}
    for method, query, more in (
        ("GET", "?depth=0", {}),
        ("GET", "?nonsense=1", {}),
        ("POST", "", malformed),
        ("POST", "", {"body": b"x" * 70_000, "content_type": "text/plain"}),
    ):
        path = f"/v3/long-admins/{query}"
        statuses = [ask(app, method, path, caller, **more) for caller in CALLERS]
        assert statuses[:3] == [401, 401, 403]
        assert statuses[3] in {400, 413}
    assert [ask(app, "PUT", "/v3/quick-admins/", caller) for caller in CALLERS][:2] == [401, 401]


@pytest.mark.parametrize("private", [False, True])
def test_versions_1_and_2_have_no_trace_of_others(
    private: bool, make: Callable[..., TestApp]
) -> None:
    app = make(private=private)
    for version in ("v1", "v2"):
        listed = [link["rel"] for link in app.get(f"/{version}/").json["links"]]
        assert sorted(listed) == ["cached-open", "long-open", "quick-open"]
        for path in ("quick-users", "quick-admins", "quick-users/?depth=0", "long-admins"):
            for method in ("GET", "POST", "DELETE", "OPTIONS"):
                assert ask(app, method, f"/{version}/{path}", "admin") == 404


def test_version_3_lists_all_as_its_contract_says(make: Callable[..., TestApp]) -> None:
    listed = [link["rel"] for link in make().get("/v3/").json["links"]]
    assert listed == [*(metric.name for metric in metrics()), "users"]


def test_the_document_says_who_may(make: Callable[..., TestApp]) -> None:
    paths = make().get("/openapi.json").json["paths"]
    for access in ACCESSES:
        for version in ("v1", "v2"):
            assert (f"/{version}/quick-{access}/" in paths) is (access == "open")
        operation = paths[f"/v3/quick-{access}/"]["get"]
        needed = "admin" if access == "admins" else "user"
        schemes = [{"basicAuth": [needed]}, {"bearerAuth": [needed, "read"]}]
        assert operation["security"] == schemes
        refusal = operation["responses"]["403"]["description"]
        assert ("This needs an admin" in refusal) is (access == "admins")
    assert paths["/v1/quick-open/"]["get"]["security"] == []


def test_what_only_some_may_see_is_for_no_shared_cache(make: Callable[..., TestApp]) -> None:
    app = make()
    secret = app.get("/v3/cached-admins/", headers=authorization(CALLERS["admin"]))
    assert secret.headers["Cache-Control"] == "private, max-age=60"
    assert app.get("/v1/cached-open/").headers["Cache-Control"] == "max-age=60"


@pytest.mark.parametrize("access", ["", "admin", "OPEN", None, True, ["open"]])
def test_another_access_is_refused(access: Any) -> None:
    with pytest.raises(ConfigurationError, match="give open, users or admins"):
        Metric(name="depth", title="", function=lambda *_: "", access=access)

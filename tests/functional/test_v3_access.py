"""Who may do what in version 3: every path and method, for everybody who could come along."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import insert
from webtest import TestApp

from sysmon_core.database import Database
from sysmon_core.database.tables import users
from tests.conftest import METRICS, MakeApp, MakePrograms, MakeSettings

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the costs are in the hash
AddUser = Callable[..., Any]

CHALLENGE = 'Basic realm="sysmon", charset="UTF-8"'
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "TRACE", "QUERY", "DELETE")

# What an empty request is answered: by method, for a user and for an admin.
OPEN = {"GET": (200, 200), "HEAD": (200, 200)}
GONE = {"GET": (404, 404), "HEAD": (404, 404)}
ROUTES: dict[str, dict[str, tuple[int, int]]] = {
    "/v3/": OPEN,
    "/v3/uptime/": OPEN,
    "/v3/iostat/": {"GET": (201, 201), "POST": (201, 201)},
    "/v3/task/none": GONE | {"DELETE": (404, 404)},
    "/v3/users/": OPEN | {"POST": (403, 400)},
    "/v3/users/ann": OPEN | {"PUT": (403, 400), "PATCH": (403, 200), "DELETE": (403, 204)},
    "/v3/users/none": GONE | {"PUT": (403, 400), "PATCH": (403, 404), "DELETE": (403, 404)},
}
REDIRECTED = ("/v3/uptime", "/v3/iostat", "/v3/users")
UNKNOWN = ("/v3/none", "/v3/task/", "/v3/task/none/", "/v3/users/ann/", "/v3/users/ann/x", "/v3//")
GUARDED = [
    (method, path)
    for path in (*ROUTES, *REDIRECTED, *UNKNOWN)
    for method in METHODS
    if (method, path) not in {("GET", "/v3/"), ("HEAD", "/v3/")}
]


def basic(name: str, password: str, scheme: str = "Basic", charset: str = "utf-8") -> str:
    return f"{scheme} {b64encode(f'{name}:{password}'.encode(charset)).decode()}"


USER, ADMIN = basic("bob", "bob's"), basic("root", "root's")
SOUND = ADMIN.removeprefix("Basic ")
NOT_BASIC = [
    *("", "Basic", "Basic ", "Basic !", "Basic é", "Bearer token", 'Digest username="root"'),
    *(SOUND, f"Basic{SOUND}", f"Basic {SOUND}!", f"Basic {SOUND}, Basic {SOUND}"),
    f"Basic {b64encode(b'no colon').decode()}",
    f"Basic {b64encode(b':').decode()}",
    basic("root", "rööt's", charset="latin-1"),
]
WRONG = [
    *(basic("root", password) for password in ("", "root", "root's ", "ROOT'S", "bob's", "\0")),
    *(basic(name, "root's") for name in ("", "bob", "Root", " root", "none", "rööt", "root\0")),
]


@pytest.fixture
def app(
    make_settings: MakeSettings, make_testapp: MakeApp, programs: MakePrograms, redis_url: str
) -> TestApp:
    path = programs(iostat="echo Device", uptime="echo up")
    config = make_settings(redis_url=redis_url, command_path=path)
    testapp = make_testapp(config)
    with Database(config.database).write() as connection:
        for name in ("root", "bob", "ann"):
            row = {"username": name, "fullname": name.title(), "admin": name == "root"}
            row["password_hash"] = QUICK.hash(f"{name}'s")
            connection.execute(insert(users).values(row))
    return TestApp(testapp.app, lint=False)  # the lint knows some methods alone


def ask(app: TestApp, method: str, path: str, who: str | None, **more: Any) -> Any:
    """Request, and hold what comes to what is true of every answer."""
    headers = more.pop("headers", {}) | ({} if who is None else {"Authorization": who})
    answer = app.request(path, method=method, headers=headers, expect_errors=True, **more)
    if answer.status_int >= 400:
        assert answer.content_type == "application/problem+json"
    challenges = answer.headers.getall("WWW-Authenticate")
    assert challenges == ([CHALLENGE] if answer.status_int == 401 else [])
    return answer


@pytest.mark.parametrize(("rank", "who"), [(0, USER), (1, ADMIN)], ids=["user", "admin"])
def test_a_path_answers_its_methods_by_rank_and_405_to_all_others(
    app: TestApp, rank: int, who: str
) -> None:
    for path, known in ROUTES.items():
        answers = {method: ask(app, method, path, who) for method in METHODS}
        allowed = {
            method: set(answer.headers["Allow"].split(", "))
            for method, answer in answers.items()
            if answer.status_int == 405
        }
        assert allowed == {method: set(known) for method in METHODS if method not in known}, path
        statuses = {method: answers[method].status_int for method in known}
        assert statuses == {method: by_rank[rank] for method, by_rank in known.items()}, path


@pytest.mark.parametrize("who", [USER, ADMIN], ids=["user", "admin"])
def test_a_known_caller_is_told_of_unknown_paths_and_missing_slashes(
    app: TestApp, who: str
) -> None:
    for method in METHODS:
        for path in UNKNOWN:
            assert ask(app, method, path, who).status_int == 404, (method, path)
        for path in REDIRECTED:
            answer = ask(app, method, f"{path}?count=2", who)
            assert answer.status_int == (301 if method in {"GET", "HEAD"} else 308)
            assert answer.headers["Location"] == f"{path}/?count=2"


@pytest.mark.parametrize(
    "who",
    [None, "Bearer token", basic("root", "wrong"), basic("none", "root's")],
    ids=["nobody", "another scheme", "wrong password", "unknown user"],
)
def test_whoever_is_not_known_gets_401_for_everything_but_the_index(
    app: TestApp, who: str | None
) -> None:
    answers = {route: ask(app, *route, who).status_int for route in GUARDED}
    assert answers == dict.fromkeys(GUARDED, 401)
    index = ask(app, "GET", "/v3/", who)
    assert index.json == {
        "links": [
            {"rel": rel, "href": f"/v3/{rel}/"}
            for rel in (*METRICS, "users")  # in the order of the registry
        ]
    }
    assert ask(app, "HEAD", "/v3/", who).status_int == 200


def test_credentials_that_are_not_basic_or_not_right_are_no_credentials(app: TestApp) -> None:
    headers = [*NOT_BASIC, *WRONG]
    answers = {who: ask(app, "GET", "/v3/users/", who).status_int for who in headers}
    assert answers == dict.fromkeys(headers, 401)
    answers = {who: ask(app, "GET", "/v3/", who).status_int for who in headers}
    assert answers == dict.fromkeys(headers, 200)


def test_the_scheme_may_be_in_any_case_with_any_spaces_after_it(app: TestApp) -> None:
    for scheme in ("Basic", "basic", "BASIC", "bAsIc", "Basic   "):
        assert ask(app, "GET", "/v3/users/", basic("bob", "bob's", scheme)).status_int == 200


def test_a_password_is_any_text_in_utf_8(app: TestApp, add_user: AddUser) -> None:
    passwords = ["p", "a:b::", " both ends ", "grüße", "密码🔑", "é", "e\u0301", "x" * 1024, '"\\']
    for number, password in enumerate(passwords):
        name = f"eve{number}"
        add_user(name, password)
        assert ask(app, "GET", "/v3/users/", basic(name, password)).status_int == 200
        assert ask(app, "GET", "/v3/users/", basic(name, password + "!")).status_int == 401
    latin = basic("eve3", passwords[3], charset="latin-1")
    assert ask(app, "GET", "/v3/users/", latin).status_int == 401


CONTENT: dict[str, dict[str, Any]] = {
    "empty": {},
    "malformed": {"body": b"{", "content_type": "application/json"},
    "plain": {"body": b"text", "content_type": "text/plain"},
    "no type": {"body": b"text", "content_type": ""},
    "too large": {"body": b"x" * 70_000, "content_type": "application/json"},
    "unacceptable": {"headers": {"Accept": "text/html"}},
    "whole": {
        "body": b'{"username": "ann", "password": "p", "fullname": "f"}',
        "content_type": "application/json",
    },
}


@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 401), (WRONG[0], 401), (USER, 403)],
    ids=["nobody", "wrong password", "user"],
)
def test_authentication_comes_before_the_body_is_read(
    app: TestApp, who: str | None, status: int
) -> None:
    routes = [("POST", "/v3/users/")]
    routes += [
        (m, f"/v3/users/{name}") for m in ("PUT", "PATCH", "DELETE") for name in ("ann", "x")
    ]
    for content in CONTENT.values():
        answers = {route: ask(app, *route, who, **content).status_int for route in routes}
        assert answers == dict.fromkeys(routes, status), content
    listed = ask(app, "GET", "/v3/users/?detail=1", ADMIN).json["users"]
    assert [(user["username"], user["fullname"]) for user in listed] == [
        *(("ann", "Ann"), ("bob", "Bob"), ("root", "Root")),
    ]


def test_versions_1_and_2_ignore_credentials(app: TestApp) -> None:
    for who in (*NOT_BASIC, WRONG[0], USER):
        for path in ("/", "/v1/", "/v2/", "/v1/uptime/", "/v2/uptime/", "/v1/iostat/"):
            assert ask(app, "GET", path, who).status_int == 200
        assert ask(app, "POST", "/v2/iostat/", who).status_int == 201
        assert ask(app, "GET", "/v2/none", who).status_int == 404

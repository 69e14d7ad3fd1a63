"""Authentication by itself: who is known, and who gets past it."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.declarations import Endpoint, Resource
from sysmon_core.api.framework.environ_keys import REQUEST_ID
from sysmon_core.api.framework.errors import DETAILS
from sysmon_core.api.framework.permissions import ADMIN, PUBLIC, USER, account_of
from sysmon_core.api.framework.route_table import RouteTable
from sysmon_core.api.framework.work import Work
from sysmon_core.api.wsgi.authentication import Authentication, Credentials
from sysmon_core.api.wsgi.basic import BasicAuthenticator
from sysmon_core.api.wsgi.deferred import Deferred
from sysmon_core.api.wsgi.pools import Pool
from sysmon_core.errors import DatabaseUnavailable, TooManyGuesses, TooManyLogins
from sysmon_core.services.grants import Grant
from sysmon_core.services.users import Account
from tests.support.client import basic

POOL = Pool(Work("login", threads=1))


def resource(path: str, **permissions: str) -> Resource:
    endpoints = {
        method: Endpoint(view=str, permission=permission, summary="", answers={})
        for method, permission in permissions.items()
    }
    parts = {"name": ""} if "{" in path else {}
    return Resource(name=path, path=path, endpoints=endpoints, parts=parts)


ROUTES = RouteTable(
    [
        *(resource("/", GET=PUBLIC), resource("/v1/", GET=PUBLIC), resource("/v1/x", GET=PUBLIC)),
        *(resource("/v2/", GET=PUBLIC), resource("/v2/x", GET=USER)),
        *(resource("/v3/", GET=PUBLIC), resource("/v3/x", GET=USER, POST=ADMIN)),
        *(resource("/v3/help/{name}", GET=PUBLIC), resource("/metrics", GET=USER)),
    ]
)


class Two:
    """The logins of root, an admin, and bob, who is none; it counts how often it is asked.

    Nobody else asks from where there is no address.
    """

    def __init__(self) -> None:
        self.asked = 0

    def cached_account(self, username: str, password: str) -> Account | None:
        return Account("root", "", admin=True) if (username, password) == ("root", "p") else None

    def authenticate(self, username: str, password: str, address: str) -> Account | None:
        self.asked += 1
        assert address == ("" if username == "root" else "10.0.0.1")
        refusals = {
            "much": TooManyGuesses(7),
            "many": TooManyLogins(),
            "away": DatabaseUnavailable(),
        }
        if username in refusals:
            raise refusals[username]
        known = username in {"root", "bob"} and password in {"p", "q"}
        return Account(username, "", admin=username == "root") if known else None


def ask(path: str, method: str = "GET", who: str = "", **environ: Any) -> tuple[Response, Any]:
    """The answer, and the user that the application behind the guard is told of."""
    logins: Any = Two()
    seen: dict[str, Any] = {"asked": None, "user": None, "name": None}

    def app(environ: Any, start: Any) -> Any:
        seen.update(user=account_of(environ), name=environ.get("REMOTE_USER"))
        return Response("come in")(environ, start)

    request = Request.blank(path, method=method)
    request.environ |= {REQUEST_ID: "an-id", "REMOTE_ADDR": "10.0.0.1", **environ}
    if who:
        request.headers["Authorization"] = basic(f"{who}:p")
    answer = request.get_response(Authentication(app, ROUTES, [BasicAuthenticator(logins, POOL)]))
    return answer, seen | {"asked": logins.asked}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "get", "QUERY"])
@pytest.mark.parametrize(
    "path",
    [
        "/v3/x",
        "/v3/users/",
        "/v3/help/a/b",
        "/v3/help/",
        "/v3//",
        "/v2/x",
        "/v3/",
        "/v2/",
        "/metrics",
    ],
)
def test_nobody_gets_past_but_to_look_at_an_index(path: str, method: str) -> None:
    index = path in {"/v3/", "/v2/"} and method in {"GET", "HEAD"}
    answer, seen = ask(path, method)
    assert answer.status_code == (200 if index else 401)
    assert ("WWW-Authenticate" in answer.headers) is not index
    assert seen["asked"] == 0, "without credentials nobody is asked"
    answer, seen = ask(path, method, "bob")
    assert answer.status_code == 200
    if index:
        assert seen == {"asked": 0, "user": None, "name": None}
    else:
        assert seen == {"asked": 1, "user": Account("bob", "", admin=False), "name": "bob"}


@pytest.mark.parametrize(
    "path", ["/", "/v3", "/v1/x", "/v1/y", "/v30/", "/x/v3/", "/V3/x", "/metric"]
)
def test_what_has_no_neighbour_for_users_is_open_and_nobody_is_asked(path: str) -> None:
    for who in ("", "bob", "eve"):
        answer, seen = ask(path, "POST", who)
        assert answer.status_code == 200
        assert seen == {"asked": 0, "user": None, "name": None}


def test_a_server_does_not_say_who_it_is() -> None:
    for path, who, name in (("/", "", None), ("/v3/", "", None), ("/v3/x", "bob", "bob")):
        _, seen = ask(path, who=who, REMOTE_USER="root")
        assert seen["name"] == name


@pytest.mark.parametrize(
    ("who", "status", "wait"),
    [("eve", 401, None), ("much", 429, "7"), ("many", 503, "1"), ("away", 503, "1")],
)
def test_who_cannot_be_known_is_told_why(who: str, status: int, wait: str | None) -> None:
    answer, _ = ask("/v3/x", who=who)
    assert answer.status_code == answer.json["status"] == status
    assert answer.content_type == "application/problem+json"
    assert answer.headers.get("Retry-After") == wait
    challenge = 'Basic realm="sysmon", charset="UTF-8"' if status == 401 else None
    assert answer.headers.get("WWW-Authenticate") == challenge
    if status == 401:
        assert answer.json["detail"] == DETAILS[401]


def test_a_server_may_have_no_address_of_whoever_asks() -> None:
    logins: Any = Two()
    guard = Authentication(Response("come in"), ROUTES, [BasicAuthenticator(logins, POOL)])
    asking = Request.blank("/v3/x", headers={"Authorization": basic("root:q")})
    assert "REMOTE_ADDR" not in asking.environ
    assert asking.get_response(guard).status_code == 200


def test_only_who_is_not_known_yet_is_looked_at_by_a_thread_of_the_pool() -> None:
    logins: Any = Two()
    guard = Authentication(Response("come in"), ROUTES, [BasicAuthenticator(logins, POOL)])

    def body(path: str, who: str = "") -> Any:
        request = Request.blank(path, environ={REQUEST_ID: "an-id", "REMOTE_ADDR": "10.0.0.1"})
        if who:
            request.headers["Authorization"] = basic(f"{who}:p")
        return guard(request.environ, lambda *_: lambda _data: None)

    assert body("/v3/x", "root") == [b"come in"]
    assert not isinstance(body("/v3/x"), Deferred)
    assert body("/v1/x", "bob") == [b"come in"]
    assert logins.asked == 0
    for who in ("bob", "eve"):
        made = body("/v3/x", who)
        assert isinstance(made, Deferred)
        assert made.pool is POOL.threads
        assert logins.asked == 0


def test_who_finds_the_queue_of_the_pool_full_is_refused_and_let_in_when_there_is_room() -> None:
    logins: Any = Two()
    pool = Pool(Work("login", threads=1, queue=1))
    guard = Authentication(Response("come in"), ROUTES, [BasicAuthenticator(logins, pool)])

    def begin() -> tuple[Any, list[str]]:
        request = Request.blank("/v3/x", environ={REQUEST_ID: "an-id", "REMOTE_ADDR": "10.0.0.1"})
        request.headers["Authorization"] = basic("bob:p")
        begun: list[str] = []

        def start(status: str, *_: Any) -> Any:
            begun.append(status)

        return guard(request.environ, start), begun

    waiting = [begin(), begin()]
    assert begin()[1] == ["503 Service Unavailable"]
    assert logins.asked == 0
    for body, begun in waiting:
        assert list(body) == [b"come in"]
        assert begun == ["200 OK"]
    assert isinstance(begin()[0], Deferred)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_what_is_declared_public_is_so_among_what_is_not(method: str) -> None:
    answer, seen = ask("/v3/help/me", method)
    assert answer.status_code == (401 if method == "POST" else 200)
    assert seen["asked"] == 0


class Token:
    """A scheme of its own: the header has the name, and only ann's is good."""

    def credentials(self, environ: Any) -> Credentials | None:
        name = environ.get("HTTP_X_TOKEN")
        grant = Grant(Account(name, "", admin=False)) if name == "ann" else None
        return Credentials(grant, lambda: None, POOL) if name else None


@pytest.mark.parametrize(
    ("token", "who", "name"),
    [("ann", "", "ann"), ("ann", "bob", "ann"), ("eve", "bob", None), ("", "bob", "bob")],
)
def test_the_first_scheme_that_a_request_uses_decides(
    token: str, who: str, name: str | None
) -> None:
    logins: Any = Two()

    def app(environ: Any, start: Any) -> Any:
        return Response(environ["REMOTE_USER"])(environ, start)

    request = Request.blank("/v3/x", environ={REQUEST_ID: "an-id", "REMOTE_ADDR": "10.0.0.1"})
    request.headers["X-Token"] = token
    request.headers["Authorization"] = basic(f"{who}:p") if who else ""
    guard = Authentication(app, ROUTES, [Token(), BasicAuthenticator(logins, POOL)])
    answer = request.get_response(guard)
    assert answer.status_code == (200 if name else 401)
    assert name is None or answer.text == name

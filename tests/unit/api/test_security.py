"""The policy by itself: who is known, who may what, and who gets through the door of a version."""

from __future__ import annotations

from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.security import (
    ADMIN,
    CHALLENGE,
    GUARDED,
    PUBLIC,
    USER,
    BasicPolicy,
    basic_credentials,
    guard,
    include,
)
from sysmon_core.services.users import Account


def basic(raw: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {b64encode(raw).decode()}"


@given(st.text().filter(lambda name: ":" not in name), st.text())
def test_name_and_password_are_what_stands_before_and_after_the_first_colon(
    name: str, password: str
) -> None:
    try:
        raw = f"{name}:{password}".encode()
    except UnicodeEncodeError:  # half a surrogate pair, which no UTF-8 has
        return
    for scheme in ("Basic", "basic", "BASIC", "bAsIc "):
        assert basic_credentials(basic(raw, scheme)) == (name, password)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(b"a:b:c", ("a", "b:c")), (b":", ("", "")), (b"a:", ("a", "")), (b":b", ("", "b"))],
)
def test_either_part_may_be_empty(raw: bytes, expected: tuple[str, str]) -> None:
    assert basic_credentials(basic(raw)) == expected


SOUND = basic(b"root:secret")


@pytest.mark.parametrize(
    "header",
    [
        *("", "Basic", "Basic ", "basic  ", "Bearer x", "Digest a", SOUND.removeprefix("Basic ")),
        *(SOUND.replace(" ", ""), SOUND.replace(" ", "\t"), SOUND[:-1], SOUND + "!", SOUND + "=="),
        *(SOUND.replace("c", "_"), SOUND.replace("c", " "), f"{SOUND}, {SOUND}", "Basic \xe9"),
        *(SOUND.replace("Basic", "Basicx"), SOUND.replace("Basic", "XBasic"), basic(b"no colon")),
        *(basic(b""), basic(b"\xff:p"), basic("r\xf6\xf6t:p".encode("latin-1")), basic(b"r:\xc3")),
    ],
)
def test_what_is_no_sound_basic_header_is_nobody(header: str) -> None:
    assert basic_credentials(header) is None


class Two:
    """The users root, an admin, and bob, who is none; it counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def authenticate(self, username: str, password: str) -> Account | None:
        self.asked += 1
        known = username in {"root", "bob"} and password == "p"
        return Account(username, "", admin=username == "root") if known else None


def request(who: str = "", method: str = "GET", path: str = "/") -> Request:
    headers = {"Authorization": basic(f"{who}:p".encode())} if who else {}
    return Request.blank(path, method=method, headers=headers)


@pytest.fixture
def policy() -> BasicPolicy:
    users: Any = Two()
    return BasicPolicy(users)


@pytest.mark.parametrize(
    ("who", "user", "admin"),
    [("root", True, True), ("bob", True, False), ("eve", False, False), ("", False, False)],
)
def test_an_admin_may_everything_and_a_user_what_users_may(
    who: str, user: bool, admin: bool, policy: BasicPolicy
) -> None:
    allowed = [policy.permits(request(who), None, permission) for permission in (USER, ADMIN, "x")]
    assert [bool(one) for one in allowed] == [user, admin, admin]
    assert str(allowed[0]) == (f"{who} may" if user else "not permitted: user")


def test_who_it_is_is_asked_once_for_a_request() -> None:
    users: Any = Two()
    policy = BasicPolicy(users)
    asking = request("bob")
    assert policy.identity(asking) is policy.identity(asking)
    assert policy.authenticated_userid(asking) == "bob"
    assert users.asked == 1
    assert policy.authenticated_userid(request("eve")) is None
    assert policy.identity(request()) is None
    assert users.asked == 2, "without credentials nobody is asked"


def test_nothing_is_remembered_and_to_forget_is_to_ask_again(policy: BasicPolicy) -> None:
    assert policy.remember(request(), "bob") == []
    assert policy.forget(request()) == [*CHALLENGE.items()]
    assert CHALLENGE == {"WWW-Authenticate": 'Basic realm="sysmon", charset="UTF-8"'}


def test_a_view_that_names_no_permission_is_for_admins_and_nobody_passes_a_guarded_door() -> None:
    users: Any = Two()
    with Configurator(settings={}) as config:
        include(config, users, ("/v3/",))
        for name, path, more in (
            ("silent", "/silent", {}),
            ("theirs", "/theirs", {"permission": USER}),
            ("open", "/v3/open", {"permission": PUBLIC}),
        ):
            config.add_route(name, path)
            config.add_view(lambda _: Response("come in"), route_name=name, **more)
    app = config.make_wsgi_app()
    statuses = {
        path: [request(who, path=path).get_response(app).status_code for who in ("root", "bob", "")]
        for path in ("/silent", "/theirs", "/v3/open", "/v3/none")
    }
    assert statuses == {
        "/silent": [200, 403, 403],
        "/theirs": [200, 200, 403],
        "/v3/open": [200, 200, 401],
        "/v3/none": [404, 404, 401],
    }


def through(path: str, method: str, who: str | None, *guarded: str) -> bool:
    """Whether a request comes through the door of the guarded paths."""
    passed = object()
    registry = SimpleNamespace(settings={GUARDED: guarded})
    asking: Any = SimpleNamespace(path_info=path, method=method, identity=who)
    handler: Any = lambda given: passed if given is asking else None  # noqa: E731 - one line says it
    try:
        answer: object = guard(handler, registry)(asking)
    except HTTPUnauthorized as refused:
        return bool(refused.headers.get("WWW-Authenticate") != CHALLENGE["WWW-Authenticate"])
    return answer is passed


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "get", "QUERY"])
@pytest.mark.parametrize("path", ["/v3/x", "/v3/users/", "/v3//", "/v2/x", "/v3/", "/v2/"])
def test_nobody_gets_past_the_door_but_to_look_at_the_index(path: str, method: str) -> None:
    index = path in {"/v3/", "/v2/"} and method in {"GET", "HEAD"}
    assert through(path, method, None, "/v2/", "/v3/") is index
    assert through(path, method, "bob", "/v2/", "/v3/")


@pytest.mark.parametrize("path", ["/", "", "/v3", "/v1/x", "/v30/", "x/v3/", "/V3/x"])
def test_what_is_not_below_a_guarded_path_is_open(path: str) -> None:
    assert through(path, "POST", None, "/v3/")
    assert through(path, "POST", None)

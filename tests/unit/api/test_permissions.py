"""The policy by itself: who may what."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.permissions import (
    ADMIN,
    PUBLIC,
    USER,
    Policy,
    caller_of,
    include,
    permits,
)
from sysmon_core.services.audit import Caller
from sysmon_core.services.grants import Grant
from sysmon_core.services.users import Account

ACCOUNTS = {"root": Account("root", "", admin=True), "bob": Account("bob", "", admin=False)}


def request(who: str = "", path: str = "/") -> Request:
    """A request that the guard has let pass, with whom it knows."""
    known = {GRANT: Grant(ACCOUNTS[who])} if who else {}
    return Request.blank(path, environ={"REMOTE_ADDR": "10.0.0.1", **known})


@pytest.fixture
def policy() -> Policy:
    return Policy()


@pytest.mark.parametrize(
    ("who", "user", "admin"), [("root", True, True), ("bob", True, False), ("", False, False)]
)
def test_an_admin_may_everything_and_a_user_what_users_may(
    who: str, user: bool, admin: bool, policy: Policy
) -> None:
    allowed = [policy.permits(request(who), None, permission) for permission in (USER, ADMIN, "x")]
    assert [bool(one) for one in allowed] == [user, admin, admin]
    assert str(allowed[0]) == (f"{who} may" if user else "not permitted: user")


def test_what_is_public_needs_nobody() -> None:
    everybody = (None, *ACCOUNTS.values())
    assert {permits(account, PUBLIC) for account in everybody} == {True}
    assert [permits(account, USER) for account in everybody] == [False, True, True]
    assert [permits(account, ADMIN) for account in everybody] == [False, True, False]


def test_who_it_is_is_what_the_guard_says(policy: Policy) -> None:
    assert policy.identity(request("bob")) is ACCOUNTS["bob"]
    assert policy.authenticated_userid(request("bob")) == "bob"
    assert policy.identity(request()) is None
    assert policy.authenticated_userid(request()) is None


def test_nothing_is_remembered_and_to_forget_is_to_ask_again(policy: Policy) -> None:
    assert policy.remember(request(), "bob") == []
    assert policy.forget(request()) == [
        ("WWW-Authenticate", 'Basic realm="sysmon", charset="UTF-8"')
    ]


def test_a_view_that_names_no_permission_is_for_admins() -> None:
    with Configurator(settings={}) as config:
        include(config)
        config.add_request_method(caller_of, "caller", reify=True)
        for name, more in (
            ("silent", {}),
            ("theirs", {"permission": USER}),
            ("open", {"permission": PUBLIC}),
        ):
            config.add_route(name, f"/{name}")
            config.add_view(lambda one: Response(one.caller.user), route_name=name, **more)
    app = config.make_wsgi_app()
    statuses = {
        path: [request(who, path).get_response(app).status_code for who in ("root", "bob", "")]
        for path in ("/silent", "/theirs", "/open")
    }
    assert statuses == {
        "/silent": [200, 403, 403],
        "/theirs": [200, 200, 403],
        "/open": [200, 200, 200],
    }
    assert request("bob", "/open").get_response(app).text == "bob"


def test_a_caller_is_a_user_where_one_is_known_and_an_address() -> None:
    with Configurator(settings={}) as config:
        include(config)
    for who in ("bob", ""):
        asking = request(who)
        asking.registry = config.registry
        assert caller_of(asking) == Caller(who, "10.0.0.1")
        del asking.environ["REMOTE_ADDR"]
        assert caller_of(asking) == Caller(who, "")

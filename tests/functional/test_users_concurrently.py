"""Many at once on one database: the rules hold as if each had been alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import pytest
from webtest import TestApp

from sysmon_core.database import Database, migrations
from sysmon_core.errors import LastAdmin, UserNotFound
from sysmon_core.services.user_fields import NewUser, UserChange
from sysmon_core.services.users import Users
from tests.conftest import MakeApp, MakeSettings, users_of
from tests.support.client import authorization

T = TypeVar("T")
AddUser = Callable[..., Any]


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make all the calls in threads that start together; a failure of one is a failure here."""
    barrier = threading.Barrier(len(calls))

    def start(call: Callable[[], T]) -> T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(start, call) for call in calls]]


def asking(
    app: TestApp, who: str, method: str, path: str, body: dict[str, Any] | None = None
) -> Callable[[], int]:
    """A request that can be made in any thread, and gives the status."""
    request: dict[str, Any] = {"method": method, "expect_errors": True}
    request["headers"] = authorization(f"{who}:{who}")
    if body is not None:
        request |= {"body": json.dumps(body).encode(), "content_type": "application/json"}
    client = TestApp(app.app)  # one each: WebTest's own are for one thread
    return lambda: int(client.request(f"/v3/users/{path}", **request).status_int)


def whole(username: str, *, admin: bool = False) -> dict[str, Any]:
    return {"username": username, "password": username, "fullname": username, "admin": admin}


@pytest.fixture
def apps(make_settings: MakeSettings, make_testapp: MakeApp, add_user: AddUser) -> list[TestApp]:
    """Three applications on one file, as three processes would have it."""
    made = [make_testapp(make_settings()) for _ in range(3)]
    add_user("root", "root", admin=True)
    return made


def admins(users: Users) -> list[str]:
    return [account.username for account in users.list() if account.admin]


def test_of_two_admins_whom_all_remove_at_once_one_is_left(make_settings: MakeSettings) -> None:
    url = make_settings().database
    migrations.upgrade(Database(url))
    services = [users_of(url) for _ in range(4)]

    def remove(users: Users, name: str, change: UserChange | None) -> bool:
        try:
            users.change(name, change) if change else users.delete(name)
        except (LastAdmin, UserNotFound):
            return False
        return True

    for _ in range(3):
        names = ["ann", "bob"]
        for name in names:
            services[0].put(name, NewUser(**whole(name, admin=True)))
        changes = [None, UserChange(admin=False)]
        tries = [
            partial(remove, services[n % 4], name, change)
            for n in range(10)
            for name in names
            for change in changes
        ]
        assert any(at_once(tries))
        assert len(admins(services[0])) == 1
        assert admins(services[0])[0] in names


def test_of_two_admins_who_remove_each_other_and_themselves_one_is_left(
    make_settings: MakeSettings, apps: list[TestApp]
) -> None:
    users = users_of(make_settings().database)
    for _ in range(2):
        pair = ["ann", "bob"]
        for name in pair:
            users.put(name, NewUser(**whole(name, admin=True)))
        for other in set(admins(users)) - set(pair):
            users.delete(other)
        ways: list[tuple[str, Callable[[str], dict[str, Any] | None]]] = [
            ("DELETE", lambda _: None),
            ("PATCH", lambda _: {"admin": False}),
            ("PUT", whole),
        ]
        calls = [
            asking(apps[n % 3], who, method, name, body(name))
            for n, (method, body) in enumerate(ways * 2)
            for who in pair
            for name in pair
        ]
        statuses = at_once(calls)
        assert set(statuses) <= {200, 201, 204, 401, 403, 404, 409}
        assert set(statuses) & {200, 204}
        assert admins(users)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_of_all_who_want_one_name_at_once_one_gets_it(
    apps: list[TestApp], add_user: AddUser, method: str
) -> None:
    count = 12
    if method == "POST":
        calls = [asking(apps[n % 3], "root", "POST", "", whole("ann")) for n in range(count)]
        expected = [201, *[409] * (count - 1)]
    elif method == "PUT":
        calls = [asking(apps[n % 3], "root", "PUT", "ann", whole("ann")) for n in range(count)]
        expected = [*[200] * (count - 1), 201]
    else:
        for n in range(count):
            add_user(f"user{n}", "p")
        fields = {"username": "ann"}
        calls = [asking(apps[n % 3], "root", "PATCH", f"user{n}", fields) for n in range(count)]
        expected = [200, *[409] * (count - 1)]
    assert sorted(at_once(calls)) == expected


def test_all_who_want_different_names_at_once_get_them(apps: list[TestApp]) -> None:
    names = [f"user{n:02}" for n in range(15)]
    calls = [asking(apps[n % 3], "root", "POST", "", whole(name)) for n, name in enumerate(names)]
    assert at_once(calls) == [201] * len(names)
    apps[0].authorization = ("Basic", ("root", "root"))
    assert apps[0].get("/v3/users/").json == {"users": ["root", *names]}


def test_reading_goes_on_while_others_write(apps: list[TestApp]) -> None:
    writes = [asking(apps[0], "root", "PATCH", "root", {"fullname": str(n)}) for n in range(6)]
    reads = [asking(apps[n % 3], "root", "GET", "root") for n in range(12)]
    assert at_once([*writes, *reads]) == [200] * 18

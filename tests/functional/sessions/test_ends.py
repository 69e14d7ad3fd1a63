"""What ends a session: at once, and in every process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from webtest import TestApp

from sysmon_core.database import Database, tables
from sysmon_core.services.params import parse
from sysmon_core.services.user_fields import UserChange
from sysmon_core.services.users import Users
from sysmon_core.settings import Settings
from tests.conftest import LogLines, MakeApp, users_of
from tests.functional.sessions.conftest import Browse, Browser, cookie_of
from tests.support.client import authorization

NEW = {"password": {"old": "secret", "new": "altered"}}


def change(users: Users, name: str, **fields: object) -> None:
    users.change(name, parse(UserChange, fields.items()))


@pytest.fixture
def apps(config: Settings, app: TestApp, make_testapp: MakeApp) -> list[TestApp]:
    """Two applications with caches of their own, as two processes have."""
    return [app, make_testapp(config)]


Everywhere = Callable[[Browser], set[int]]


@pytest.fixture
def everywhere(apps: list[TestApp], browse: Browse) -> Everywhere:
    """What a browser gets in each process, asked twice."""

    def statuses(browser: Browser) -> set[int]:
        others = [browse(one) for one in apps for _ in range(2)]
        for other in others:
            other.cookie = browser.cookie
        return {other.status() for other in others}

    return statuses


def test_a_log_out(log_lines: LogLines, browse: Browse, everywhere: Everywhere) -> None:
    browser, other, copy = (browse() for _ in range(3))
    browser.log_in()
    other.log_in()
    copy.cookie = browser.cookie
    secret = browser.cookie.partition("=")[2]
    assert everywhere(browser) == everywhere(other) == {200}
    ended = browser("DELETE", "/session")
    assert (ended.status_int, ended.body) == (204, b"")
    assert browser.cookie == ""
    assert everywhere(copy) == {401}
    assert everywhere(other) == {200}
    assert copy("GET", "me").headers.getall("WWW-Authenticate") == ['Bearer realm="sysmon"']
    assert copy("DELETE", "/session").status_int == 204
    assert browse()("DELETE", "/session").status_int == 204
    lines = [line for line in log_lines() if line["message"].startswith("session.")]
    told = [(line["message"], line["by"], line["user"], line["id"]) for line in lines]
    assert told == [
        ("session.created", "ann", "ann", 1),
        ("session.created", "ann", "ann", 2),
        ("session.ended", "ann", "ann", 1),
    ]
    assert secret not in str(log_lines())


def test_the_users_own_new_password(
    browser: Browser, browse: Browse, everywhere: Everywhere
) -> None:
    other, roots = browse(), browse()
    other.log_in()
    roots.log_in("root")
    old = browse()
    old.cookie = browser.cookie
    assert everywhere(browser) == everywhere(other) == {200}
    changed = browser("PATCH", "me", NEW)
    assert changed.status_int == 200
    assert browser.cookie == "", "the answer says that this one has ended, too"
    assert everywhere(old) == everywhere(other) == {401}
    assert everywhere(roots) == {200}
    assert browser.log_in().status_int == 401
    assert browser.log_in(password="altered").status_int == 200


@pytest.mark.parametrize("how", ["v3", "v4", "command"])
def test_a_new_password_from_an_admin(
    how: str,
    app: TestApp,
    browser: Browser,
    everywhere: Everywhere,
    config: Settings,
    log_lines: LogLines,
) -> None:
    assert everywhere(browser) == {200}
    if how == "command":
        change(users_of(config.database), "ann", password="altered")
    else:
        header = authorization("root:secret")
        app.patch_json(f"/{how}/users/ann", {"password": "altered"}, headers=header)
    assert everywhere(browser) == {401}
    (line,) = [line for line in log_lines() if line["message"] == "session.ended"]
    assert line["user"] == "ann"
    assert line["by"] == ("root" if how != "command" else line["by"])


def test_other_changes_of_a_user_end_none(
    browser: Browser, everywhere: Everywhere, config: Settings
) -> None:
    users = users_of(config.database)
    for fields in ({"fullname": "A"}, {"admin": True}, {"username": "eve"}):
        change(users, "ann", **fields)
        assert everywhere(browser) == {200}
    assert browser("GET", "me").json["username"] == "eve"


def test_a_deletion_of_the_user(browser: Browser, everywhere: Everywhere, config: Settings) -> None:
    assert everywhere(browser) == {200}
    users_of(config.database).delete("ann")
    assert everywhere(browser) == {401}
    with Database(config.database).read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.sessions)) == 0


def test_who_is_no_admin_any_more_may_do_no_more_than_a_user(
    browse: Browse, apps: list[TestApp], config: Settings
) -> None:
    users = users_of(config.database)
    change(users, "ann", admin=True)
    first, second = browse(apps[0]), browse(apps[1])
    first.log_in("root")
    second.cookie = first.cookie
    assert [one("DELETE", "users/none").status_int for one in (first, second)] == [404, 404]
    change(users, "root", admin=False)
    assert [one("DELETE", "users/none").status_int for one in (first, second)] == [403, 403]


def test_the_first_of_too_many(browse: Browse) -> None:
    browsers = [browse() for _ in range(22)]
    for one in browsers:
        one.log_in()
    assert [one.status() for one in browsers] == [401] * 2 + [200] * 20


def test_a_401_leaves_the_cookie_to_whoever_logs_in_anew(browser: Browser) -> None:
    browser("DELETE", "/session")
    assert cookie_of(browser("GET", "me")) is None

"""Who is let in, how often it may be tried, and what a check of a password costs the others."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.app import make_app
from sysmon_core.database import Database, migrations
from sysmon_core.metrics import registry
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.user_fields import NewUser
from sysmon_core.settings import Settings
from tests.conftest import MakeSettings, until, users_of

PATH = "/v3/users/"
FEW = {
    "guesses_per_address": "30/minute",
    "guesses_per_user_and_address": "3/minute",
    "guesses_per_user": "100/hour",
}


class Counting(Passwords):
    """Passwords that count how often one is checked, and wait for a gate before it."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8)
        self.checks: list[bool] = []  # whether each was of a user that exists
        self.waiting = 0
        self.gate = threading.Event()
        self.gate.set()

    def verify(self, password_hash: str | None, password: str) -> bool:
        self.checks.append(password_hash is not None)
        self.waiting += 1
        self.gate.wait()
        return super().verify(password_hash, password)


@pytest.fixture
def passwords() -> Iterator[Counting]:
    counting = Counting()
    yield counting
    counting.gate.set()


Make = Callable[..., TestApp]


@pytest.fixture
def make(make_settings: MakeSettings, redis_url: str, passwords: Counting) -> Make:
    """An application with the users ann and root; all on the same database."""
    config = make_settings()
    migrations.upgrade(Database(config.database))
    users = users_of(config.database, passwords)
    for name, admin in (("ann", False), ("root", True)):
        users.create(NewUser(username=name, password=name, fullname=name, admin=admin))

    def new(**values: object) -> TestApp:
        given: Settings = make_settings(**{"redis_url": redis_url} | values)
        return TestApp(make_app(given, registry.load(given), passwords))

    return new


def ask(app: TestApp, name: str, password: str, path: str = PATH, **more: Any) -> Any:
    method = more.pop("method", "GET")
    address = more.pop("address", "127.0.0.1")
    headers = {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}
    if "forwarded_for" in more:
        headers["X-Forwarded-For"] = more.pop("forwarded_for")
    environ = {"REMOTE_ADDR": address}
    return app.request(
        path, method=method, headers=headers, environ=environ, expect_errors=True, **more
    )


def status(*args: Any, **more: Any) -> int:
    return int(ask(*args, **more).status_int)


def change(app: TestApp, name: str, fields: bytes, who: str = "root") -> None:
    more = {"body": fields, "content_type": "application/json"}
    assert status(app, who, who, f"{PATH}{name}", method="PATCH", **more) == 200


def test_a_password_is_checked_once_and_known_from_then_on(make: Make, passwords: Counting) -> None:
    app = make()
    assert [status(app, "ann", "ann") for _ in range(5)] == [200] * 5
    assert len(passwords.checks) == 1


def test_a_wrong_password_is_wrong_while_the_right_one_is_known(make: Make) -> None:
    app = make()
    for _ in range(2):
        assert status(app, "ann", "ann") == 200
        for other in ("", "Ann", "ann ", "root"):
            assert status(app, "ann", other) == 401
        assert status(app, "root", "ann") == 401


def test_a_changed_password_counts_at_the_next_request_in_every_process(make: Make) -> None:
    first, second = make(), make()
    assert [status(app, "ann", "ann") for app in (first, second)] == [200, 200]
    change(first, "ann", b'{"password": "new"}')
    assert [status(app, "ann", "ann") for app in (first, second)] == [401, 401]
    assert [status(app, "ann", "new") for app in (first, second)] == [200, 200]
    change(second, "ann", b'{"password": "ann"}')
    assert [status(app, "ann", "new") for app in (first, second)] == [401, 401]


def test_a_removed_user_and_a_new_rank_count_at_the_next_request_in_every_process(
    make: Make,
) -> None:
    first, second = make(), make()
    change(first, "ann", b'{"admin": true}')
    assert status(second, "ann", "ann", f"{PATH}ann", method="PATCH") == 200
    change(first, "ann", b'{"admin": false}')
    assert status(second, "ann", "ann", f"{PATH}ann", method="PATCH") == 403
    assert status(first, "root", "root", f"{PATH}ann", method="DELETE") == 204
    assert [status(app, "ann", "ann") for app in (first, second)] == [401, 401]


def test_checking_an_unknown_users_password_takes_as_much_work(
    make: Make, passwords: Counting
) -> None:
    app = make()
    for name in ("ann", "nobody", "-no name", ""):
        assert status(app, name, "wrong") == 401
    assert passwords.checks == [True, False, False, False]


def test_guesses_end_and_the_answer_says_when_to_try_again(make: Make, passwords: Counting) -> None:
    app = make(**FEW)
    assert [status(app, "ann", "wrong") for _ in range(5)] == [401, 401, 401, 429, 429]
    answer = ask(app, "ann", "ann")
    assert answer.status_int == 429
    assert answer.content_type == "application/problem+json"
    assert 60 <= int(answer.headers["Retry-After"]) <= 75
    assert "WWW-Authenticate" not in answer.headers
    assert len(passwords.checks) == 3
    assert [status(app, "nobody", "wrong") for _ in range(5)] == [401, 401, 401, 429, 429]


def test_a_user_can_log_in_while_others_guess_from_the_same_address(make: Make) -> None:
    app = make(**FEW)
    assert status(app, "ann", "ann") == 200
    assert [status(app, "ann", "wrong") for _ in range(5)] == [401, 401, 401, 429, 429]
    assert status(app, "ann", "ann") == 200


def test_the_owner_gets_in_where_known_while_all_the_world_guesses(make: Make) -> None:
    app = make(**FEW | {"guesses_per_user": "10/hour"})
    assert status(app, "ann", "ann", address="10.9.9.9") == 200
    guessed = [status(app, "ann", "wrong", address=f"10.0.0.{n}") for n in range(15)]
    assert guessed == [401] * 10 + [429] * 5
    assert status(make(), "ann", "ann", address="10.9.9.9") == 200  # a process just started


def test_others_get_in_while_one_user_is_guessed(make: Make) -> None:
    app = make(**FEW)
    assert [status(app, "ann", "wrong") for _ in range(4)][-1] == 429
    assert status(app, "root", "root") == 200
    assert status(app, "ann", "ann", address="10.0.0.2") == 200


def test_of_forty_guesses_at_once_as_few_are_looked_at(make: Make, passwords: Counting) -> None:
    app = make(**FEW)
    with ThreadPoolExecutor(40) as pool:
        tried = list(pool.map(lambda n: status(TestApp(app.app), "ann", f"no{n}"), range(40)))
    assert sorted(tried) == [401] * 3 + [429] * 37
    assert len(passwords.checks) == 3


def test_sixteen_connections_that_begin_at_once_are_all_let_in_by_one_check(
    make: Make, passwords: Counting
) -> None:
    app = make(password_checks=1)
    passwords.gate.clear()
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(status, TestApp(app.app), "ann", "ann") for _ in range(16)]
        until(lambda: passwords.waiting)
        passwords.gate.set()
        assert [one.result() for one in asked] == [200] * 16
    assert len(passwords.checks) == 1


def test_many_log_in_from_one_address_beside_a_job_with_a_wrong_password(make: Make) -> None:
    app = make(**FEW)
    for number in range(40):
        fields = {"username": f"user{number}", "password": "right", "fullname": "X"}
        app.authorization = ("Basic", ("root", "root"))
        app.post(PATH, fields, status=201)
    job = [status(app, "ann", "wrong") for _ in range(20)]
    assert job == [401] * 3 + [429] * 17
    assert [status(app, f"user{number}", "right") for number in range(40)] == [200] * 40
    assert status(app, "ann", "wrong") == 429


def test_however_a_proxy_spells_an_address_it_has_its_guesses_once(make: Make) -> None:
    app = make(**FEW | {"trusted_proxies": "127.0.0.1"})
    spellings = ("192.0.2.7", "192.0.2.7:567", "::ffff:192.0.2.7", "[::FFFF:192.0.2.7]:80")
    tried = [status(app, "ann", "wrong", forwarded_for=spelling) for spelling in spellings]
    assert tried == [401, 401, 401, 429]
    tried = [status(app, "ann", "wrong", forwarded_for=f"2001:DB8::{n}") for n in range(4)]
    assert tried == [401, 401, 401, 429]


def test_guesses_are_bounded_without_redis_too(make: Make) -> None:
    app = make(**FEW | {"redis_url": "redis://127.0.0.1:1"})
    assert [status(app, "ann", "wrong") for _ in range(5)] == [401, 401, 401, 429, 429]
    assert status(app, "root", "root") == 200


def test_what_needs_no_password_goes_on_while_as_many_as_may_be_wait(
    make: Make, passwords: Counting
) -> None:
    app = make(password_checks=1, password_queue=2)
    assert status(app, "root", "root") == 200
    passwords.gate.clear()
    with ThreadPoolExecutor() as pool:
        held = [pool.submit(status, TestApp(app.app), "ann", f"wrong{n}") for n in range(4)]
        until(lambda: sum(one.done() for one in held) == 1)  # beyond those who wait
        refused = ask(app, "ann", "ann")
        assert refused.status_int == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert app.get("/v1/uptime/").status_int == 200
        assert status(app, "root", "root") == 200  # known already
        passwords.gate.set()
        assert {one.result() for one in held} <= {401, 503}
    assert status(app, "ann", "ann") == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_words_that_anybody_would_guess_do_not_count_as_a_password(make: Make, method: str) -> None:
    app = make(password_min_length=8, password_blocklist="sysmon secret")
    fields = {"username": "ann", "fullname": "Ann Lee-Smith"} if method != "PATCH" else {}
    path = f"{PATH}{'' if method == 'POST' else 'ann'}"
    change(app, "ann", b'{"fullname": "Ann Lee-Smith"}')
    if method == "POST":
        assert status(app, "root", "root", f"{PATH}ann", method="DELETE") == 204
    for password in ("Sysmon-secret-1!", "annAnn1234567", "smithsmithsmith", "7 chars"):
        more = fields | {"password": password}
        app.authorization = ("Basic", ("root", "root"))
        answer = app.request(path, method=method, POST=more, status=400)
        (fault,) = answer.json["errors"]
        assert fault["name"] == "password"
        assert "at least 8 characters beside words" in fault["detail"]
        assert password not in answer.text
    more = fields | {"password": "sysmon of eight and more"}
    assert app.request(path, method=method, POST=more).status_int in {200, 201}

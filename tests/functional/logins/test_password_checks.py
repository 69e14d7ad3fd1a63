"""Checks of passwords: how many there are, and what they cost the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from webtest import TestApp

from tests.conftest import until
from tests.functional.logins.conftest import PATH, Make, ask, change, status
from tests.support.passwords import CountingPasswords


def test_a_password_is_checked_once_and_known_from_then_on(
    make: Make, passwords: CountingPasswords
) -> None:
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
    make: Make, passwords: CountingPasswords
) -> None:
    app = make()
    for name in ("ann", "nobody", "-no name", ""):
        assert status(app, name, "wrong") == 401
    assert passwords.checks == [True, False, False, False]


def test_sixteen_connections_that_begin_at_once_are_all_let_in_by_one_check(
    make: Make, passwords: CountingPasswords
) -> None:
    app = make(password_checks=1)
    passwords.gate.clear()
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(status, TestApp(app.app), "ann", "ann") for _ in range(16)]
        until(lambda: passwords.checks)
        passwords.gate.set()
        assert [one.result() for one in asked] == [200] * 16
    assert len(passwords.checks) == 1


def test_what_needs_no_password_goes_on_while_as_many_as_may_be_wait(
    make: Make, passwords: CountingPasswords
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

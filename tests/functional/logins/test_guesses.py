"""Guesses of passwords: how often one may try, and who gets in meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from webtest import TestApp

from tests.functional.logins.conftest import FEW, PATH, Make, ask, status
from tests.support.passwords import CountingPasswords


def test_guesses_end_and_the_answer_says_when_to_try_again(
    make: Make, passwords: CountingPasswords
) -> None:
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


def test_of_forty_guesses_at_once_as_few_are_looked_at(
    make: Make, passwords: CountingPasswords
) -> None:
    app = make(**FEW)
    with ThreadPoolExecutor(40) as pool:
        tried = list(pool.map(lambda n: status(TestApp(app.app), "ann", f"no{n}"), range(40)))
    assert sorted(tried) == [401] * 3 + [429] * 37
    assert len(passwords.checks) == 3


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

"""The last use of a token: to the minute, whatever the clock does and the database does not."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sysmon_core.database import Database
from sysmon_core.services.params import parse
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.tokens import Tokens
from sysmon_core.services.user_fields import NewUser
from tests.conftest import LogLines, users_of
from tests.support.clock import Clock
from tests.unit.database.sqlite.conftest import locked

DATABASE_SECONDS = 0.3


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000_050.0)


@pytest.fixture
def monotonic() -> Clock:
    return Clock()


@pytest.fixture
def tokens(database: Database, folder: Path, clock: Clock, monotonic: Clock) -> Tokens:
    users_of(database).create(NewUser(username="ann", password="p", fullname="Ann"))
    impatient = Database(f"sqlite:///{folder}/users.sqlite", DATABASE_SECONDS)
    return Tokens(impatient, clock, monotonic)


def secret_of(tokens: Tokens, name: str = "x") -> str:
    return tokens.create("ann", parse(NewToken, {"name": name}.items()))[1]


def used(tokens: Tokens) -> int | None:
    return tokens.list()[0].used


def test_it_is_known_to_the_minute(tokens: Tokens, clock: Clock) -> None:
    secret = secret_of(tokens)
    assert used(tokens) is None
    uses = []
    for seconds in (0, 29, 1, 300):
        clock.now += seconds
        assert tokens.grant(secret)
        uses.append(used(tokens))
    assert uses == [1_000_020, 1_000_020, 1_000_080, 1_000_380]


def test_a_clock_that_is_set_back_does_not_stop_it(tokens: Tokens, clock: Clock) -> None:
    secret = secret_of(tokens)
    clock.now += 1e9
    assert tokens.grant(secret) is None, "it has expired"
    clock.now -= 1e9
    assert tokens.grant(secret)
    assert used(tokens) == 1_000_020
    uses = []
    for seconds in (-50, -600):  # another host's clock may be a little behind
        clock.now += seconds
        assert tokens.grant(secret)
        uses.append(used(tokens))
    assert uses == [1_000_020, 999_360]
    assert tokens.grant(secret)
    assert tokens.cached_grant(secret), "no use is due"


def test_a_use_that_cannot_be_recorded_fails_nothing_and_holds_up_one_request_a_minute(
    tokens: Tokens, monotonic: Clock, folder: Path, log_lines: LogLines
) -> None:
    secret, other = secret_of(tokens), secret_of(tokens, "y")
    with locked(folder / "users.sqlite"):
        since = time.monotonic()
        assert tokens.grant(secret)
        first = time.monotonic() - since
        assert [bool(tokens.grant(one)) for one in (secret, other) * 20] == [True] * 40
        whole = time.monotonic() - since
        assert tokens.cached_grant(secret), "it takes no thread of those that check passwords"
    assert DATABASE_SECONDS <= first < 2 * DATABASE_SECONDS + 1
    assert whole - first < 20 * DATABASE_SECONDS, "the others did not wait"
    warned = [one["message"] for one in log_lines() if "was not recorded" in one["message"]]
    assert len(warned) == 1
    assert tokens.grant(secret)
    assert used(tokens) is None
    monotonic.now += 60
    assert tokens.grant(other)
    assert used(tokens) == 1_000_020


def test_two_uses_at_once_are_both_recorded(tokens: Tokens) -> None:
    secrets = [secret_of(tokens, name) for name in ("x", "y")]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(tokens.grant, secrets * 20))
    assert [one.used for one in tokens.list()] == [1_000_020] * 2

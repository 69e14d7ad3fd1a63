"""Attacks on logins: users with the right password are authenticated all the same."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
from argon2 import PasswordHasher

from sysmon_core.database import Database
from sysmon_core.database.tables import users as table
from sysmon_core.errors import TooManyGuesses, TooManyLogins
from sysmon_core.services.fair_queue import FairQueue
from sysmon_core.services.logins import Logins
from sysmon_core.services.rate_counters import LocalRateCounters
from sysmon_core.services.throttle import Throttle
from sysmon_core.services.users import Users
from sysmon_core.settings import Settings
from tests.conftest import PATIENCE, until, users_of
from tests.support.passwords import CountingPasswords

CONNECTIONS = 16
OFFICE, HOME = "192.0.2.1", "198.51.100.7"
USERS = 1500  # more than were remembered once


@pytest.fixture
def users(database: Database, passwords: CountingPasswords) -> Users:
    """Many users with the same password, each with a hash of its own."""
    hasher = PasswordHasher(1, 8, 1)
    rows = [
        {"username": f"user{number}", "fullname": "X", "admin": False}
        | {"password_hash": hasher.hash("right")}
        for number in range(USERS)
    ]
    with database.write() as connection:
        connection.execute(table.insert(), rows)
    return users_of(database, passwords)


Start = Callable[[], Logins]


@pytest.fixture
def start(users: Users, passwords: CountingPasswords) -> Start:
    """Make logins as in a process that has just started, with the default settings.

    The guesses are where they were before, and no time passes.
    """
    store, config = LocalRateCounters(), Settings()

    def new() -> Logins:
        throttle = Throttle(config, store, now=lambda: 1e9)
        return Logins(
            users, passwords, throttle, FairQueue(config.password_checks, config.password_queue)
        )

    return new


def gets_in(logins: Logins, name: str, address: str) -> bool:
    found = logins.authenticate(name, "right", address)
    return found is not None and found.username == name


def test_a_burst_of_first_requests_is_checked_once_and_all_are_let_in(
    start: Start, passwords: CountingPasswords
) -> None:
    logins = start()
    for name in ("user1", "user2"):
        passwords.checks.clear()
        together = threading.Barrier(CONNECTIONS)

        def come(_: int, name: str = name, together: threading.Barrier = together) -> bool:
            together.wait(PATIENCE)
            return gets_in(logins, name, OFFICE)

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            assert all(pool.map(come, range(CONNECTIONS)))
        assert len(passwords.checks) == 1


def test_an_office_comes_to_work_beside_a_job_with_a_wrong_password(start: Start) -> None:
    logins = start()
    refused = 0
    for number in range(100):
        for _ in range(3):
            with suppress(TooManyGuesses):
                logins.authenticate("user100", "wrong", OFFICE)
                continue
            refused += 1
        assert gets_in(logins, f"user{number}", OFFICE), "in the very second"
    assert refused == 300 - 5
    assert gets_in(logins, "user101", OFFICE), "and so is a newcomer"


def test_the_office_is_no_place_to_guess_from_for_that(start: Start) -> None:
    logins = start()
    for number in range(30):
        assert gets_in(logins, f"user{number}", OFFICE)
    tried = 0
    with suppress(TooManyGuesses):
        for tried in itertools.count():
            logins.authenticate(f"user{50 + tried}", "wrong", OFFICE)
    assert tried == 30


@contextmanager
def guessing(logins: Logins) -> Iterator[None]:
    """Sixteen connections guess names and passwords, each from an address of its own."""
    numbers, ended = itertools.count(), threading.Event()
    tried = 0

    def guess() -> None:
        nonlocal tried
        while not ended.is_set():
            number = next(numbers)
            address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            with suppress(TooManyLogins):
                logins.authenticate(f"name{number}", "wrong", address)
            tried += 1

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        running = [pool.submit(guess) for _ in range(CONNECTIONS)]
        try:
            until(lambda: tried > 2 * CONNECTIONS)
            yield
            before = tried
            until(lambda: tried > before)
        finally:
            ended.set()
        for one in running:
            one.result()


def test_who_is_known_gets_in_at_the_first_try_while_all_the_world_guesses(start: Start) -> None:
    for name in ("user1", "user2", "user3"):
        assert gets_in(start(), name, HOME)
    logins = start()
    with guessing(logins):
        for name in ("user1", "user2", "user3"):
            assert gets_in(logins, name, HOME)


def test_who_is_not_known_waits_for_one_turn_alone(start: Start) -> None:
    logins = start()
    with guessing(logins):
        for number in range(20):
            assert gets_in(logins, f"user{number}", f"198.51.100.{number}")


def test_more_than_a_thousand_at_work_do_not_push_each_other_out(
    start: Start, passwords: CountingPasswords
) -> None:
    logins = start()
    names = [f"user{number}" for number in range(USERS)]
    for _ in range(2):
        assert all(gets_in(logins, name, OFFICE) for name in names)
        assert len(passwords.checks) == USERS

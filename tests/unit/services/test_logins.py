"""Logins by themselves: which passwords are checked, counted as guesses, and audited."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sysmon_core.database import Database
from sysmon_core.errors import TooManyGuesses, TooManyLogins
from sysmon_core.services.fair_queue import FairQueue
from sysmon_core.services.logins import Logins
from sysmon_core.services.rate_counters import LocalRateCounters
from sysmon_core.services.throttle import Throttle
from sysmon_core.services.user_fields import NewUser, UserChange
from sysmon_core.services.users import Account, Users
from tests.conftest import PATIENCE, MakeSettings, until, users_of
from tests.support.passwords import CountingPasswords
from tests.unit.services.conftest import Audit

HERE, THERE = "10.0.0.1", "10.0.0.2"
ANN, BOB = Account("ann", "Ann", admin=False), Account("bob", "Bob", admin=True)
FEW = {"guesses_per_user_and_address": "2/minute"}


@pytest.fixture
def users(database: Database, passwords: CountingPasswords) -> Users:
    """Two users with the same password."""
    made = users_of(database, passwords)
    for one in (ANN, BOB):
        fields = {"fullname": one.fullname, "admin": one.admin}
        made.create(NewUser(username=one.username, password="right", **fields))
    return made


Make = Callable[..., Logins]


@pytest.fixture
def queue() -> FairQueue:
    """A queue with one slot and room for many."""
    return FairQueue(slots=1, max_waiting=40, seconds=PATIENCE)


@pytest.fixture
def make(
    users: Users, passwords: CountingPasswords, make_settings: MakeSettings, queue: FairQueue
) -> Make:
    """Make logins as in several processes, whose throttles share one store."""
    store = LocalRateCounters()

    def new(at_once: int = 1, room: int = 20, seconds: float = PATIENCE, **rates: str) -> Logins:
        throttle = Throttle(make_settings(**rates), store)
        own = FairQueue(at_once, room, seconds) if (at_once, seconds) != (1, PATIENCE) else queue
        return Logins(users, passwords, throttle, own)

    return new


def test_a_user_is_known_by_the_right_password_alone(make: Make) -> None:
    logins = make()
    for _ in range(2):
        assert logins.authenticate("ann", "right", HERE) == ANN
        assert logins.authenticate("bob", "right", THERE) == BOB
        for name, password in (("ann", "Right"), ("ann", ""), ("eve", "right"), ("", "right")):
            assert logins.authenticate(name, password, HERE) is None


def test_a_password_that_was_right_is_not_checked_again(
    make: Make, passwords: CountingPasswords
) -> None:
    logins = make()
    for address in (HERE, HERE, THERE):
        assert logins.authenticate("ann", "right", address) == ANN
    assert passwords.checks == [True]


def test_a_password_that_was_wrong_is(make: Make, passwords: CountingPasswords) -> None:
    logins = make()
    for _ in range(3):
        assert logins.authenticate("ann", "wrong", HERE) is None
    assert passwords.checks == [True] * 3


def test_who_is_no_user_makes_the_same_work(make: Make, passwords: CountingPasswords) -> None:
    logins = make()
    for name in ("eve", "ann", "-no name"):
        assert logins.authenticate(name, "wrong", HERE) is None
    assert passwords.checks == [False, True, False]


def test_what_was_known_of_a_user_ends_with_the_password_and_the_user(
    make: Make, users: Users
) -> None:
    logins = make()
    assert logins.authenticate("ann", "right", HERE) == ANN
    users.change("ann", UserChange(password="new"))
    assert logins.authenticate("ann", "right", HERE) is None
    assert logins.authenticate("ann", "new", HERE) == ANN
    users.delete("ann")
    assert logins.authenticate("ann", "new", HERE) is None


def test_what_a_user_may_is_as_it_is_now(make: Make, users: Users) -> None:
    logins = make()
    assert logins.authenticate("ann", "right", HERE) == ANN
    users.change("ann", UserChange(admin=True))
    assert logins.authenticate("ann", "right", HERE) == Account("ann", "Ann", admin=True)


def test_guesses_come_to_an_end_and_are_not_looked_at_from_then_on(
    make: Make, passwords: CountingPasswords
) -> None:
    logins = make(**FEW)
    for _ in range(2):
        assert logins.authenticate("ann", "wrong", HERE) is None
    for password in ("wrong", "right"):
        with pytest.raises(TooManyGuesses):
            logins.authenticate("ann", password, HERE)
    assert passwords.checks == [True] * 2
    assert logins.authenticate("bob", "wrong", HERE) is None
    assert logins.authenticate("ann", "right", THERE) == ANN
    assert logins.authenticate("ann", "right", HERE) == ANN, "it is known by now"


def test_the_right_password_makes_up_for_a_wrong_one_before_it(make: Make) -> None:
    logins = make(**FEW)
    for password in ("wrong", "right", "wrong", "wrong"):
        logins.authenticate("ann", password, HERE)
    with pytest.raises(TooManyGuesses):
        logins.authenticate("ann", "wrong", HERE)


def test_no_more_are_checked_at_once_than_may_be(make: Make, passwords: CountingPasswords) -> None:
    logins = make(at_once=3, seconds=0.01)
    assert logins.authenticate("bob", "right", HERE) == BOB
    passwords.checks.clear()
    passwords.gate.clear()
    with ThreadPoolExecutor() as pool:
        held = [pool.submit(logins.authenticate, "ann", f"wrong{n}", HERE) for n in range(2)]
        try:
            until(lambda: len(passwords.checks) == 2)
            told = r"^Too many passwords are being checked: try again$"
            with pytest.raises(TooManyLogins, match=told):
                logins.authenticate("ann", "right", HERE)
            assert logins.authenticate("bob", "right", HERE) == BOB, "who is known needs no check"
        finally:
            passwords.gate.set()
        assert [one.result() for one in held] == [None, None]
    assert logins.authenticate("ann", "right", HERE) == ANN


def test_what_waited_for_a_place_in_vain_is_no_guess(
    make: Make, passwords: CountingPasswords
) -> None:
    logins = make(at_once=1, seconds=0.01, **FEW)
    passwords.gate.clear()
    with ThreadPoolExecutor() as pool:
        held = pool.submit(logins.authenticate, "bob", "wrong", THERE)
        try:
            until(lambda: len(passwords.checks) == 1)
            for number in range(9):
                with pytest.raises(TooManyLogins):
                    logins.authenticate("ann", f"wrong{number}", HERE)
        finally:
            passwords.gate.set()
        assert held.result() is None
    for _ in range(2):
        assert logins.authenticate("ann", "wrong", HERE) is None
    with pytest.raises(TooManyGuesses):
        logins.authenticate("ann", "wrong", HERE)


def test_the_same_wrong_password_at_once_is_one_guess_and_another_is_another(
    make: Make, passwords: CountingPasswords, queue: FairQueue
) -> None:
    logins = make(**FEW)
    with ThreadPoolExecutor(20) as pool:
        with queue.slot("elsewhere", known=False):
            tried = [pool.submit(logins.authenticate, "ann", "wrong", HERE) for _ in range(8)]
            other = pool.submit(logins.authenticate, "ann", "worse", HERE)
            until(lambda: queue.waiting == 9)
        assert [one.result() for one in (*tried, other)] == [None] * 9
    assert passwords.checks == [True] * 2
    with pytest.raises(TooManyGuesses):
        logins.authenticate("ann", "wrong", HERE)


def test_of_forty_guesses_at_once_as_few_are_looked_at(
    make: Make, passwords: CountingPasswords
) -> None:
    logins = make(at_once=4, room=40, guesses_per_user_and_address="3/minute")

    def refused(number: int) -> bool:
        try:
            assert logins.authenticate("ann", f"wrong{number}", HERE) is None
        except TooManyGuesses:
            return True
        return False

    with ThreadPoolExecutor(40) as pool:
        assert sum(pool.map(refused, range(40))) == 37
    assert passwords.checks == [True] * 3


def test_whatever_comes_of_a_check_another_may_follow(make: Make) -> None:
    logins = make(at_once=1, **FEW)
    assert logins.authenticate("ann", "right", HERE) == ANN
    for _ in range(2):
        assert logins.authenticate("ann", "wrong", HERE) is None
    for _ in range(2):
        with pytest.raises(TooManyGuesses):
            logins.authenticate("ann", "wrong", HERE)
    assert logins.authenticate("bob", "right", HERE) == BOB


def test_each_that_is_refused_has_a_line_with_no_name_that_is_no_user_s(
    make: Make, audit: Audit
) -> None:
    logins = make(guesses_per_address="2/minute")
    before = len(audit())
    for name in ("ann", "canary"):
        assert logins.authenticate(name, "canary", HERE) is None
    for name in ("canary", "ann"):
        with pytest.raises(TooManyGuesses):
            logins.authenticate(name, "canary", HERE)
    assert logins.authenticate("bob", "right", THERE) == BOB
    who = {"by": "", "address": HERE}
    assert audit()[before:] == [
        {"message": "login.refused", "user": "ann", **who},
        {"message": "login.refused", "user": "unknown", **who},
        {"message": "login.throttled", "user": "unknown", **who},
        {"message": "login.throttled", "user": "ann", **who},
    ]

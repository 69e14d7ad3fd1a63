"""Sessions by themselves: when they end, and what is written of their use."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sysmon_core.database import Database, tables
from sysmon_core.services.audit import Caller
from sysmon_core.services.grants import By, Grant
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.sessions import MAX_SESSIONS, SessionLimits, Sessions
from sysmon_core.services.user_fields import NewUser, UserChange
from sysmon_core.services.users import Account, Users
from tests.conftest import LogLines, users_of
from tests.support.clock import Clock
from tests.unit.database.sqlite.conftest import locked
from tests.unit.services.conftest import Audit

LIMITS = SessionLimits(idle=6000, lifetime=60000)
STEP = 100  # seconds, a sixtieth of the idle limit
ANN = Caller("ann", "10.0.0.1")
BOB = Caller("bob", "10.0.0.1")
DATABASE_SECONDS = 0.3
LOCKED = "The users' database is locked by another program: try again"


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000_000.0)


@pytest.fixture
def users(database: Database, cheap: Passwords) -> Users:
    made = users_of(database, cheap)
    for name in ("ann", "bob"):
        made.create(NewUser(username=name, password="p", fullname=name.title()))
    return made


@pytest.fixture
def sessions(users: Users, folder: Path, clock: Clock) -> Sessions:
    impatient = Database(f"sqlite:///{folder}/users.sqlite", DATABASE_SECONDS)
    return Sessions(impatient, LIMITS, clock)


def begun(sessions: Sessions, users: Users, who: Caller = ANN, old_secret: str = "") -> str:
    _, password_hash = users.credentials(who.user) or (None, "")
    secret = sessions.begin(who, password_hash, old_secret)
    assert secret
    return secret


def uses(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.scalars(select(tables.sessions.c.used)))


def test_it_permits_all_that_its_user_may(sessions: Sessions, users: Users) -> None:
    secret = begun(sessions, users)
    assert sessions.grant(secret) == Grant(Account("ann", "Ann", admin=False), by=By.SESSION)
    assert sessions.cached_grant(secret) is None, "the database is not watched yet"
    sessions.grant(secret)
    assert sessions.cached_grant(secret) == sessions.grant(secret)
    assert sessions.grant(secret[:-1]) is sessions.grant("") is sessions.grant("x" * 43) is None


def test_it_ends_when_nobody_uses_it(sessions: Sessions, users: Users, clock: Clock) -> None:
    secret = begun(sessions, users)
    for _ in range(5):
        clock.now += LIMITS.idle - STEP
        assert sessions.grant(secret)
    clock.now += LIMITS.idle
    assert sessions.grant(secret) is None
    assert sessions.cached_grant(secret) is None


def test_it_ends_after_its_lifetime_whoever_uses_it(
    sessions: Sessions, users: Users, clock: Clock
) -> None:
    secret = begun(sessions, users)
    for _ in range(LIMITS.lifetime // STEP - 1):
        clock.now += STEP
        assert sessions.grant(secret)
    clock.now += STEP
    assert sessions.grant(secret) is None


def test_limits_of_now_hold_for_sessions_of_before(
    sessions: Sessions, users: Users, database: Database, clock: Clock
) -> None:
    secret = begun(sessions, users)
    clock.now += 10
    assert Sessions(database, SessionLimits(6000, 10), clock).grant(secret) is None
    assert Sessions(database, SessionLimits(10, 60000), clock).grant(secret) is None
    assert sessions.grant(secret)


def test_its_use_is_written_now_and_then(
    sessions: Sessions, users: Users, database: Database, clock: Clock
) -> None:
    secret = begun(sessions, users)
    found = []
    for seconds in (0, STEP - 1, 1, STEP - 1, 1, -1_000_000):
        clock.now += seconds
        sessions.grant(secret)
        found += uses(database)
    assert found == [1_000_000, 1_000_000, 1_000_100, 1_000_100, 1_000_200, 200]


def test_a_use_that_cannot_be_written_ends_nothing(
    sessions: Sessions, users: Users, folder: Path, clock: Clock, log_lines: LogLines
) -> None:
    secret = begun(sessions, users)
    clock.now += STEP
    with locked(folder / "users.sqlite"):
        since = time.monotonic()
        assert all(sessions.grant(secret) for _ in range(20))
        assert time.monotonic() - since < 20 * DATABASE_SECONDS
    warned = [line["message"] for line in log_lines() if "not recorded" in line["message"]]
    assert warned == [f"the use of a session was not recorded: {LOCKED}"]


def test_a_password_that_was_changed_meanwhile_begins_none(
    sessions: Sessions, users: Users, database: Database
) -> None:
    _, stale = users.credentials("ann") or (None, "")
    users.change("ann", UserChange(password="q"))
    assert sessions.begin(ANN, stale) is None
    assert sessions.begin(Caller("eve"), stale) is None
    assert uses(database) == []


def test_what_has_ended_is_removed_by_the_next_log_in_of_anybody(
    sessions: Sessions, users: Users, database: Database, clock: Clock
) -> None:
    begun(sessions, users)
    clock.now += LIMITS.idle
    begun(sessions, users, BOB)
    assert uses(database) == [clock.now]


def test_one_whose_lifetime_is_over_is_removed_though_it_was_just_used(
    sessions: Sessions, users: Users, database: Database, clock: Clock
) -> None:
    secret, end = begun(sessions, users), clock.now + LIMITS.lifetime
    while clock.now + STEP < end:
        clock.now += STEP
        assert sessions.grant(secret)
    recent = begun(sessions, users)
    clock.now = end
    begun(sessions, users, BOB)
    assert sessions.grant(recent)
    assert len(uses(database)) == 2


def test_a_log_out_ends_this_one_and_a_log_in_that_of_the_old_secret(
    sessions: Sessions, users: Users, audit: Audit
) -> None:
    first, second, third = (begun(sessions, users) for _ in range(3))
    bobs = begun(sessions, users, BOB, old_secret=first)
    sessions.end(second, "10.0.0.9")
    for secret in (second, first, "", "x" * 43):
        sessions.end(secret, "10.0.0.9")
    found = [bool(sessions.grant(one)) for one in (first, second, third, bobs)]
    assert found == [False, False, True, True]
    told = [line for line in audit() if line["message"].startswith("session.")]
    ann = {"by": "ann", "address": "10.0.0.1", "user": "ann"}
    assert told == [
        *({"message": "session.created", "id": number, **ann} for number in (1, 2, 3)),
        {"message": "session.ended", "id": 1, **ann, "by": "bob"},
        {"message": "session.created", "id": 4, **ann, "by": "bob", "user": "bob"},
        {"message": "session.ended", "id": 2, **ann, "address": "10.0.0.9"},
    ]


def test_a_user_has_twenty_and_the_first_ends_for_one_more(
    sessions: Sessions, users: Users, audit: Audit
) -> None:
    bobs = begun(sessions, users, BOB)
    anns = [begun(sessions, users) for _ in range(MAX_SESSIONS)]
    assert all(sessions.grant(one) for one in [bobs, *anns])
    anns.append(begun(sessions, users))
    assert [bool(sessions.grant(one)) for one in anns] == [False] + [True] * MAX_SESSIONS
    assert sessions.grant(bobs)
    (ended,) = [line for line in audit() if line["message"] == "session.ended"]
    assert (ended["id"], ended["user"], ended["by"]) == (2, "ann", "ann")


def test_a_digest_alone_is_stored(sessions: Sessions, users: Users, database: Database) -> None:
    secret = begun(sessions, users)
    with database.read() as connection:
        (row,) = connection.execute(select(tables.sessions)).all()
        count = connection.scalar(select(func.count()).select_from(tables.sessions))
    assert count == 1
    assert secret not in str(row)


def test_secrets_are_never_the_same(sessions: Sessions, users: Users) -> None:
    assert len({begun(sessions, users) for _ in range(30)}) == 30

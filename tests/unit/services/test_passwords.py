from __future__ import annotations

import os
import re
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median

import pytest
from argon2 import PasswordHasher

from sysmon_core.errors import InvalidInput
from sysmon_core.services.passwords import PasswordRules, Passwords, random_password
from tests.conftest import MakeSettings, until

PASSWORDS = ["p", "a:b", " both ends ", "grüße", "密码🔑", "\0", "x" * 100_000]


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


@pytest.mark.parametrize("password", PASSWORDS, ids=range(len(PASSWORDS)))
def test_a_hash_is_verified_by_its_password_and_no_other(
    passwords: Passwords, password: str
) -> None:
    hashed = passwords.hash(password)
    assert passwords.verify(hashed, password) is True
    for other in ("", password + " ", password.swapcase() + "!", password[:-1]):
        assert passwords.verify(hashed, other) is False


def test_a_hash_is_argon2id_with_the_costs_of_owasp_and_a_salt_of_its_own() -> None:
    passwords = Passwords()
    first, second = passwords.hash("secret"), passwords.hash("secret")
    assert first != second
    for hashed in (first, second):
        assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22,}\$[^$]{43,}$", hashed)
        assert "secret" not in hashed


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has its own niceness")
def test_passwords_are_hashed_by_threads_that_give_way_and_end() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)

    def hashing() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if one.name.startswith("sysmon-passwords")]

    def niceness() -> list[int]:
        return [os.getpriority(os.PRIO_PROCESS, one.native_id or 0) for one in hashing()]

    passwords = Passwords(memory_cost=64, time_cost=10_000)
    for work in (passwords.hash, partial(passwords.verify, None)):
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(work, "secret")
            until(lambda: niceness() == [min(19, own + 10)])
            assert not done.done()
    assert not hashing()
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_a_hash_of_other_costs_still_counts(passwords: Passwords) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=2).hash("secret")
    assert passwords.verify(hashed, "secret")
    assert not passwords.verify(hashed, "other")


@pytest.mark.parametrize(
    "hashed",
    [
        None,
        "",
        "secret",
        "$argon2id$",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$!",
        "$2b$12$" + "a" * 53,
    ],
)
def test_what_is_no_hash_is_verified_by_no_password(
    passwords: Passwords, hashed: str | None
) -> None:
    for password in ("", "secret", hashed or "None"):
        assert passwords.verify(hashed, password) is False


def test_a_user_who_does_not_exist_costs_as_much_time_as_one_who_does(
    passwords: Passwords,
) -> None:
    def seconds(password_hash: str | None) -> float:
        start = time.thread_time()
        assert not passwords.verify(password_hash, "wrong")
        return time.thread_time() - start

    hashed = passwords.hash("secret")
    known, unknown = zip(*[(seconds(hashed), seconds(None)) for _ in range(5)], strict=True)
    assert 0.5 < median(unknown) / median(known) < 2


def test_a_random_password_is_long_and_never_the_same_again() -> None:
    made = {random_password() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{20}", password) for password in made)
    assert len(random_password(100)) >= 100


def test_a_password_has_as_many_characters_as_are_asked_for() -> None:
    rules = PasswordRules(min_length=4)
    rules.check("four", ["four"])
    rules.check("密码密码", [])
    with pytest.raises(InvalidInput) as caught:
        rules.check("123", [])
    (fault,) = caught.value.faults
    assert (fault.name, fault.detail) == ("password", "must have at least 4 characters")


@pytest.mark.parametrize(
    ("password", "counted"),
    [
        ("correct horse", 13),
        ("sysmon", 0),
        ("SYSMONsysmon12", 2),
        ("sysmon.example", 1),
        ("ann.smith@host", 1),
        ("Ann Smith", 0),
        ("smithann", 0),
        ("annsmith-4711", 5),
        ("a-b", 3),  # so short a word would be found in everything
    ],
)
def test_words_that_anybody_would_guess_do_not_count(password: str, counted: int) -> None:
    words, names = ("sysmon", "example", "host", "a"), ("ann.smith", "Ann Smith", "b")
    PasswordRules(counted, words).check(password, names)
    with pytest.raises(InvalidInput) as caught:
        PasswordRules(counted + 1, words).check(password, names)
    (fault,) = caught.value.faults
    beside = "beside words that are easily guessed"
    assert fault.detail == f"must have at least {counted + 1} characters {beside}"


def test_the_hosts_name_and_the_users_count_only_where_there_is_a_list(
    make_settings: MakeSettings,
) -> None:
    host = socket.gethostname()
    without = PasswordRules.of(make_settings(password_min_length=len(host)))
    assert without.blocklist == ()
    without.check(host, [host])
    rules = PasswordRules.of(make_settings(password_min_length=1, password_blocklist="word"))
    assert host in rules.blocklist
    for password in ("word", "WordWord", "name"):
        with pytest.raises(InvalidInput):
            rules.check(password, ["name"])

from __future__ import annotations

import gc
from itertools import product

from sysmon_core.services.verified import DAY, MOST, Verified


def test_what_matched_is_known_and_nothing_else_is() -> None:
    verified = Verified()
    assert not verified.has("hash", "secret")
    verified.add("hash", "secret")
    assert verified.has("hash", "secret")
    for other in (("hash", "Secret"), ("hash2", "secret"), ("hash", ""), ("", "secret")):
        assert not verified.has(*other)


def test_where_a_hash_ends_and_a_password_begins_is_part_of_what_is_known() -> None:
    parts = ("", "a", "ab", "b", "aba", "ü", "\0")
    for known in product(parts, parts):
        verified = Verified()
        verified.add(*known)
        assert [pair for pair in product(parts, parts) if verified.has(*pair)] == [known]


def test_no_process_knows_what_another_knows() -> None:
    first, second = Verified(), Verified()
    first.add("hash", "secret")
    assert not second.has("hash", "secret")
    second.add("hash", "secret")
    assert first._seen.keys() != second._seen.keys()  # noqa: SLF001 - that it tells nothing


def test_neither_a_password_nor_a_hash_is_kept() -> None:
    verified = Verified()
    secret = "-".join(["never", "kept", str(id(verified))])
    verified.add(secret + "hash", secret)
    assert not any(secret in repr(one) for one in gc.get_referents(verified._seen))  # noqa: SLF001


def test_of_too_many_the_one_that_was_used_longest_ago_is_forgotten() -> None:
    verified = Verified()
    for number in range(MOST):
        verified.add("hash", str(number))
    assert verified.has("hash", "0")
    verified.add("hash", "one more")
    assert verified.has("hash", "0")
    assert not verified.has("hash", "1")
    assert verified.has("hash", "one more")


def test_one_is_forgotten_after_a_day_without_use() -> None:
    now = 0.0
    verified = Verified(lambda: now)
    for password in ("used", "unused"):
        verified.add("hash", password)
    now = DAY - 1.0
    assert verified.has("hash", "used")
    now = DAY + 1.0
    assert verified.has("hash", "used")
    assert not verified.has("hash", "unused")
    now = 2 * DAY + 1.0
    assert not verified.has("hash", "used")

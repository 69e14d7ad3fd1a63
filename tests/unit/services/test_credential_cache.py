from __future__ import annotations

import gc
import tracemalloc
from itertools import product
from types import BuiltinFunctionType, ModuleType

from sysmon_core.services.credential_cache import (
    GENERATION_SECONDS,
    MAX_CREDENTIALS,
    CredentialCache,
)


def reached_from(thing: object) -> list[object]:
    """All that an object refers to, directly or not, but for classes, modules and functions."""
    found: dict[int, object] = {}
    left = [thing]
    while left:
        one = left.pop()
        if id(one) not in found and not isinstance(one, type | ModuleType | BuiltinFunctionType):
            found[id(one)] = one
            left += gc.get_referents(one)
    return list(found.values())


def test_what_matched_is_known_and_nothing_else_is() -> None:
    cache = CredentialCache()
    assert not cache.has("hash", "secret")
    cache.add("hash", "secret")
    assert cache.has("hash", "secret")
    for other in (("hash", "Secret"), ("hash2", "secret"), ("hash", ""), ("", "secret")):
        assert not cache.has(*other)


def test_where_a_hash_ends_and_a_password_begins_is_part_of_what_is_known() -> None:
    parts = ("", "a", "ab", "b", "aba", "ü", "\0")
    for known in product(parts, parts):
        cache = CredentialCache()
        cache.add(*known)
        assert [pair for pair in product(parts, parts) if cache.has(*pair)] == [known]


def test_what_one_process_keeps_tells_another_nothing() -> None:
    first, second = CredentialCache(), CredentialCache()
    first.add("hash", "secret")
    assert not second.has("hash", "secret")
    second.add("hash", "secret")
    in_first, in_second = (
        {one for one in reached_from(cache) if isinstance(one, bytes)} for cache in (first, second)
    )
    assert in_first
    assert in_first.isdisjoint(in_second)


def test_neither_a_password_nor_a_hash_is_kept() -> None:
    cache = CredentialCache()
    secret = "-".join(["never", "kept", str(id(cache))])
    cache.add(secret + "hash", secret)
    assert not any(secret in repr(one) for one in reached_from(cache))


def test_as_many_as_may_be_at_work_do_not_push_each_other_out() -> None:
    tracemalloc.start()
    try:
        cache = CredentialCache()
        for number in range(MAX_CREDENTIALS):
            cache.add("hash", str(number))
        assert all(cache.has("hash", str(number)) for number in range(MAX_CREDENTIALS))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert MAX_CREDENTIALS == 100_000
    assert used < 12_000_000


def test_of_too_many_those_that_were_used_longest_ago_are_forgotten() -> None:
    cache = CredentialCache(max_credentials=10)
    for number in range(10):
        cache.add("hash", str(number))
    for number in range(10, 19):
        assert cache.has("hash", "0"), "whoever comes again stays"
        cache.add("hash", str(number))
    cache.add("hash", "one more")
    assert [number for number in range(19) if cache.has("hash", str(number))] == [
        0,
        *range(10, 19),
    ]


def test_no_more_are_kept_than_may_be_however_many_come() -> None:
    cache = CredentialCache(max_credentials=10)
    for number in range(1000):
        cache.add("hash", str(number))
    assert 10 <= sum(cache.has("hash", str(number)) for number in range(1000)) <= 20


def test_one_is_remembered_for_a_day_without_use_and_forgotten_after_two() -> None:
    now = 0.0
    cache = CredentialCache(lambda: now)
    now = GENERATION_SECONDS - 1.0
    for password in ("used", "unused"):
        cache.add("hash", password)
    now = 2 * GENERATION_SECONDS - 2.0
    assert cache.has("hash", "used")
    now = 3 * GENERATION_SECONDS - 3.0
    assert cache.has("hash", "used")
    assert not cache.has("hash", "unused"), "two days in which nobody asked for it"
    now = 5.0 * GENERATION_SECONDS
    assert not cache.has("hash", "used")


def test_none_is_forgotten_within_a_day_nor_remembered_after_two() -> None:
    for second in range(0, 2 * GENERATION_SECONDS, GENERATION_SECONDS // 8):
        for age, expected in ((GENERATION_SECONDS - 1, True), (2 * GENERATION_SECONDS, False)):
            now = 0.0
            cache = CredentialCache(lambda: now)  # noqa: B023 - it is asked in this turn alone
            now = float(second)
            cache.add("hash", "secret")
            now += age
            assert cache.has("hash", "secret") is expected


def test_after_a_night_of_days_nothing_is_left() -> None:
    now = 0.0
    cache = CredentialCache(lambda: now)
    cache.add("hash", "secret")
    now = 2.0 * GENERATION_SECONDS
    assert not cache.has("hash", "secret")
    now = 2.0 * GENERATION_SECONDS + 1
    cache.add("hash", "secret")
    now = 3.0 * GENERATION_SECONDS
    assert cache.has("hash", "secret")

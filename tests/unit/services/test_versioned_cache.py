"""The versioned cache: an entry is valid until the version of the database changes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest

from sysmon_core.database.versioned_cache import MAX_ENTRIES, VersionedCache


class Sea:
    """A database with one value and a version, which counts how often it is read."""

    def __init__(self) -> None:
        self.now: Hashable = 1
        self.reads = self.watched = 0
        self.fish: str | None = "cod"

    def version(self) -> Hashable:
        return self.now

    def watch(self) -> None:
        self.watched += 1

    def read(self) -> str | None:
        self.reads += 1
        return self.fish


@pytest.fixture
def sea() -> Sea:
    return Sea()


@pytest.fixture
def cache(sea: Sea) -> VersionedCache[str | None]:
    database: Any = sea
    return VersionedCache(database)


def test_what_was_read_is_given_again_until_anything_changes(
    sea: Sea, cache: VersionedCache[str | None]
) -> None:
    assert [cache.get("a", sea.read) for _ in range(3)] == ["cod"] * 3
    assert sea.reads == 1
    sea.now, sea.fish = 2, "eel"
    assert [cache.get("a", sea.read) for _ in range(3)] == ["eel"] * 3
    assert sea.reads == 2


def test_nothing_is_remembered_as_well_as_something(
    sea: Sea, cache: VersionedCache[str | None]
) -> None:
    sea.fish = None
    assert [cache.get("a", sea.read) for _ in range(3)] == [None] * 3
    assert sea.reads == 1


def test_each_key_has_its_own(sea: Sea, cache: VersionedCache[str | None]) -> None:
    assert cache.get("a", sea.read) == "cod"
    sea.fish = "eel"
    assert cache.get("b", sea.read) == "eel"
    assert cache.get("a", sea.read) == "cod"
    assert cache.get("b", sea.read) == "eel"
    assert sea.reads == 2


def test_what_changed_while_it_was_read_is_read_again(
    sea: Sea, cache: VersionedCache[str | None]
) -> None:
    def changing() -> str | None:
        found = sea.read()
        sea.now, sea.fish = 2, "eel"
        return found

    assert cache.get("a", changing) == "cod"
    assert cache.get("a", sea.read) == "eel"


def test_a_database_that_cannot_tell_is_read_each_time(
    sea: Sea, cache: VersionedCache[str | None]
) -> None:
    cache.get("a", sea.read)
    sea.now = None
    assert [cache.get("a", sea.read) for _ in range(3)] == ["cod"] * 3
    assert sea.reads == 4
    assert sea.watched == 3
    assert cache.get_cached("a") is None


def test_what_is_cached_is_returned_and_nothing_is_read(
    sea: Sea, cache: VersionedCache[str | None]
) -> None:
    assert cache.get_cached("a") is None
    cache.get("a", sea.read)
    assert cache.get_cached("a") == "cod"
    sea.now = 2
    assert cache.get_cached("a") is None
    assert sea.reads == 1


def test_what_cannot_be_read_is_not_remembered(sea: Sea, cache: VersionedCache[str | None]) -> None:
    def fails() -> str | None:
        raise OSError("no water")

    for _ in range(2):
        with pytest.raises(OSError, match="no water"):
            cache.get("a", fails)
    assert cache.get("a", sea.read) == "cod"


def test_of_too_many_the_one_that_was_wanted_longest_ago_gives_way(
    sea: Sea, cache: VersionedCache[str | None]
) -> None:
    for number in range(MAX_ENTRIES):
        cache.get(number, sea.read)
    cache.get(0, sea.read)
    assert sea.reads == MAX_ENTRIES
    cache.get(MAX_ENTRIES, sea.read)
    cache.get(0, sea.read)
    cache.get(MAX_ENTRIES, sea.read)
    assert sea.reads == MAX_ENTRIES + 1
    cache.get(1, sea.read)
    assert sea.reads == MAX_ENTRIES + 2

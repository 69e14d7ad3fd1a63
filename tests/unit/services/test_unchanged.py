"""What was read is given again while the database says that nothing has changed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest

from sysmon_core.database.versioned_cache import MOST, VersionedCache


class Sea:
    """A database of one thing, which tells what version it is of, and counts who reads it."""

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
def unchanged(sea: Sea) -> VersionedCache[str | None]:
    database: Any = sea
    return VersionedCache(database)


def test_what_was_read_is_given_again_until_anything_changes(
    sea: Sea, unchanged: VersionedCache[str | None]
) -> None:
    assert [unchanged.get("a", sea.read) for _ in range(3)] == ["cod"] * 3
    assert sea.reads == 1
    sea.now, sea.fish = 2, "eel"
    assert [unchanged.get("a", sea.read) for _ in range(3)] == ["eel"] * 3
    assert sea.reads == 2


def test_nothing_is_remembered_as_well_as_something(
    sea: Sea, unchanged: VersionedCache[str | None]
) -> None:
    sea.fish = None
    assert [unchanged.get("a", sea.read) for _ in range(3)] == [None] * 3
    assert sea.reads == 1


def test_each_key_has_its_own(sea: Sea, unchanged: VersionedCache[str | None]) -> None:
    assert unchanged.get("a", sea.read) == "cod"
    sea.fish = "eel"
    assert unchanged.get("b", sea.read) == "eel"
    assert unchanged.get("a", sea.read) == "cod"
    assert unchanged.get("b", sea.read) == "eel"
    assert sea.reads == 2


def test_what_changed_while_it_was_read_is_read_again(
    sea: Sea, unchanged: VersionedCache[str | None]
) -> None:
    def changing() -> str | None:
        found = sea.read()
        sea.now, sea.fish = 2, "eel"
        return found

    assert unchanged.get("a", changing) == "cod"
    assert unchanged.get("a", sea.read) == "eel"


def test_a_database_that_cannot_tell_is_read_each_time(
    sea: Sea, unchanged: VersionedCache[str | None]
) -> None:
    unchanged.get("a", sea.read)
    sea.now = None
    assert [unchanged.get("a", sea.read) for _ in range(3)] == ["cod"] * 3
    assert sea.reads == 4
    assert sea.watched == 3
    assert unchanged.recall("a") is None


def test_what_is_known_is_recalled_and_nothing_is_read(
    sea: Sea, unchanged: VersionedCache[str | None]
) -> None:
    assert unchanged.recall("a") is None
    unchanged.get("a", sea.read)
    assert unchanged.recall("a") == "cod"
    sea.now = 2
    assert unchanged.recall("a") is None
    assert sea.reads == 1


def test_what_cannot_be_read_is_not_remembered(
    sea: Sea, unchanged: VersionedCache[str | None]
) -> None:
    def fails() -> str | None:
        raise OSError("no water")

    for _ in range(2):
        with pytest.raises(OSError, match="no water"):
            unchanged.get("a", fails)
    assert unchanged.get("a", sea.read) == "cod"


def test_of_too_many_the_one_that_was_wanted_longest_ago_gives_way(
    sea: Sea, unchanged: VersionedCache[str | None]
) -> None:
    for number in range(MOST):
        unchanged.get(number, sea.read)
    unchanged.get(0, sea.read)
    assert sea.reads == MOST
    unchanged.get(MOST, sea.read)
    unchanged.get(0, sea.read)
    unchanged.get(MOST, sea.read)
    assert sea.reads == MOST + 1
    unchanged.get(1, sea.read)
    assert sea.reads == MOST + 2

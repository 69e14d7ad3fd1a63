"""Cursors: they come back as they were, or are refused."""

from __future__ import annotations

import base64
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from sysmon_core.api.framework.cursors import paged, read_cursor, write_cursor
from sysmon_core.errors import Fault, InvalidInput

PLACE = tuple[str | None, Annotated[int, Field(ge=1)]]


@given(st.none() | st.text(st.characters(codec="utf-8")), st.integers(1, 2**63))
def test_a_place_comes_back_as_it_was(owner: str | None, number: int) -> None:
    cursor = write_cursor((owner, number))
    assert read_cursor(cursor, PLACE) == (owner, number)
    assert all(letter.isalnum() or letter in "-_" for letter in cursor)


@pytest.mark.parametrize("owner", ["???", "~~~", "???~~~", "?" * 9])
def test_a_place_whose_cursor_has_hyphens_or_underscores_comes_back(owner: str) -> None:
    for shift in ("", "a", "ab"):
        cursor = write_cursor((shift + owner, 1))
        assert read_cursor(cursor, PLACE) == (shift + owner, 1)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


DAMAGED = ["", "=", "a", "ä", "W10", "Wyx", *map(encoded, ['["a", 0]', '["a", "1"]', '["a", 1.0]'])]
DAMAGED += ["!!!!" + encoded('["ab", 1]'), encoded('["ab", 1]') + "\n" * 4]  # foreign characters
DAMAGED += [*map(encoded, ['["a"]', '["a", 1, 1]', '{"a": 1}', "null", '["a", 1]]'])]


@pytest.mark.parametrize("cursor", DAMAGED)
def test_a_damaged_one_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_cursor(cursor, PLACE)
    assert caught.value.faults == (
        Fault("cursor", "is damaged: take it from `next` as it is", "query"),
    )


@given(st.text())
def test_any_text_is_a_place_or_refused(text: str) -> None:
    try:
        found: Any = read_cursor(text, PLACE)
    except InvalidInput:
        return
    assert read_cursor(write_cursor(found), PLACE) == found


def test_a_page_has_the_place_where_the_next_begins() -> None:
    items, cursor = paged("abc", 2, lambda last: last)
    assert (list(items), read_cursor(cursor or "", str)) == (["a", "b"], "b")
    items, cursor = paged("abcd", 3, lambda last: last)
    assert (list(items), read_cursor(cursor or "", str)) == (["a", "b", "c"], "c")
    assert paged("ab", 2, lambda last: last) == ("ab", None)
    assert paged("", 2, lambda last: last) == ("", None)

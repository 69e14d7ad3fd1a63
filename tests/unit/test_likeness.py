"""What the test of docs/api.md compares: what no run changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.json_text import laid_out, read_back
from tests.support.likeness import likeness, masked

TASK = {"id": "1", "state": "QUEUED", "age": 0.1, "links": [{"rel": "self", "href": "/a"}]}


@pytest.mark.parametrize(
    "other", [TASK, TASK | {"id": "2", "age": 7}, TASK | {"links": [{"rel": "self", "href": "/b"}]}]
)
def test_ids_and_numbers_may_differ(other: dict[str, Any]) -> None:
    assert likeness(TASK, other) is None


@pytest.mark.parametrize(
    "other",
    [
        TASK | {"state": "STARTED"},
        TASK | {"age": None},
        TASK | {"links": []},
        TASK | {"links": [{"rel": "cancel", "href": "/a"}]},
        TASK | {"more": 1},
        {},
    ],
)
def test_members_types_and_words_may_not(other: dict[str, Any]) -> None:
    assert likeness(TASK, other)


def test_a_header_keeps_its_words() -> None:
    assert masked('etag: W/"1f"') == masked('etag: W/"2e"') != masked("location: /v4/tasks/1")


def test_what_is_laid_out_can_be_read_back_but_for_what_is_cut() -> None:
    items = [{"name": "x" * 40, "note": "y" * 40, "number": one} for one in range(5)]
    assert read_back(laid_out({"items": items, "next": None})) == {"items": items[:2], "next": None}

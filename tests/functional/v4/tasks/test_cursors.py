"""Cursors of the list of tasks that no list has given: each is refused, and none reaches Redis."""

from __future__ import annotations

import base64
import json

import pytest
from webtest import TestApp

from tests.functional.v4.tasks.conftest import Submit

FILTERS: list[object] = ["ann", [], "", ""]


def written(*fields: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


def test_a_cursor_is_the_filters_and_a_place(app: TestApp, submit: Submit) -> None:
    submit()
    page = app.get("/v4/tasks/", {"cursor": written(*FILTERS, 0.0, "99999999999.5")}).json
    assert (len(page["items"]), page["next"]) == (1, None)
    page = app.get("/v4/tasks/", {"cursor": written(*FILTERS, 0.0, "1")}).json
    assert (page["items"], page["next"]) == ([], None)


@pytest.mark.parametrize("place", ["", "x", "-1", "(1", "+inf", "nan", "1 2", "1\n", "9" * 400])
def test_a_place_that_is_no_number_is_damaged(place: str, app: TestApp) -> None:
    app.get("/v4/tasks/", {"cursor": written(*FILTERS, 0.0, place)}, status=400)


@pytest.mark.parametrize("since", [float("nan"), float("inf"), float("-inf"), "x", None])
def test_a_time_that_is_no_number_is_damaged(since: object, app: TestApp) -> None:
    app.get("/v4/tasks/", {"cursor": written(*FILTERS, since, "1")}, status=400)


@pytest.mark.parametrize("text", ["half a pair \udcff", "\0", "a" * 5000])
def test_any_text_in_a_cursor_finds_nothing_or_is_damaged(text: str, app: TestApp) -> None:
    for filters in (["ann", [], text, ""], ["ann", [], "", text]):
        answer = app.get("/v4/tasks/", {"cursor": written(*filters, 0.0, "1")}, status="*")
        assert answer.status_int in {200, 400}

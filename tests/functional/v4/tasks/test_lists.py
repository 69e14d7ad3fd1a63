"""The list of tasks in version 4: pages, filters, and whose tasks are shown to whom."""

from __future__ import annotations

import json
import math
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import until
from tests.functional.v4.tasks.conftest import Submit, ended, path_of

TASKS = "/v4/tasks/"

AsUser = Callable[[str], TestApp]


def ids(tasks: Any) -> list[str]:
    return [task["id"] for task in tasks]


def listed(app: TestApp, query: str = "") -> list[str]:
    return ids(app.get(f"{TASKS}?{query}").json["items"])


def pages(app: TestApp, query: str) -> list[list[str]]:
    """The ids of all pages, by following their paths."""
    found, path = [], f"{TASKS}?{query}"
    while path:
        answer = app.get(path)
        path = answer.json["next"]
        assert answer.headers.get("Link") == (f'<{path}>; rel="next"' if path else None)
        found.append(ids(answer.json["items"]))
    return found


@pytest.fixture
def as_root(as_user: AsUser) -> TestApp:
    return as_user("root")


def test_the_newest_come_first_and_are_shown_as_they_are_alone(
    app: TestApp, submit: Submit
) -> None:
    made = [submit() for _ in range(3)]
    items = app.get(TASKS).json["items"]
    assert ids(items) == ids(reversed(made))
    alone = app.get(path_of(made[-1])).json
    assert items[0] | {"age": 0} == alone | {"age": 0}


def test_pages_have_all_tasks_once_though_new_ones_come_meanwhile(
    app: TestApp, submit: Submit
) -> None:
    made = ids(submit() for _ in range(5))
    first = app.get(f"{TASKS}?limit=2").json
    submit()
    second = app.get(first["next"]).json
    assert ids([*first["items"], *second["items"]]) == made[:0:-1]
    assert [len(page) for page in pages(app, "limit=4")] == [4, 2]
    assert len(pages(app, "limit=6")[0]) == 6


def test_the_cursor_holds_the_filters(app: TestApp, submit: Submit) -> None:
    made = ids(submit() for _ in range(3))
    app.post_json(TASKS, {"metric": "weigh"})
    assert pages(app, "metric=dive&limit=1") == [[one] for one in reversed(made)]


def forged(**changes: Any) -> str:
    """A cursor of ann's with other parts, as somebody writes it who has read one."""
    place = {"owner": "ann", "states": [], "metric": "", "host": "", "since": 0.0, "end": "5"}
    return urlsafe_b64encode(json.dumps([*(place | changes).values()]).encode()).decode()


def test_a_cursor_may_be_written_by_hand(app: TestApp) -> None:
    assert app.get(TASKS, {"cursor": forged()}).json["items"] == []


FORGED = [
    *(forged(end=end) for end in ("abc", "", "(5", "nan", "inf", "9" * 400, "-1", 5, None)),
    *(forged(since=since) for since in (math.nan, math.inf, "x", 10**400)),
    *(forged(states=states) for states in ("QUEUED", ["ODD"], [5], None)),
    *(forged(owner="a b"), forged(metric=5), forged(host=[])),
    urlsafe_b64encode(b"[" * 5000).decode(),
]


@pytest.mark.parametrize("cursor", ["x", "e30", "\xe9", "bnVsbA", "W10", *FORGED])
def test_a_damaged_cursor_is_a_400(cursor: str, app: TestApp) -> None:
    problem = app.get(TASKS, {"cursor": cursor}, status=400).json
    assert [one["name"] for one in problem["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        *(("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit")),
        *(("state=DONE", "state.0"), ("metric=a%20b", "metric"), ("since=2026-01-01", "since")),
        ("since=yesterday", "since"),
        ("colour=red", "colour"),
    ],
)
def test_a_wrong_filter_is_named(query: str, name: str, app: TestApp) -> None:
    problem = app.get(f"{TASKS}?{query}", status=400).json
    assert [one["name"] for one in problem["errors"]] == [name]


def test_states_and_metrics_filter(app: TestApp, submit: Submit) -> None:
    queued, revoked = submit(), submit()
    weigh = app.post_json(TASKS, {"metric": "weigh"}).json
    app.delete(path_of(revoked))
    assert listed(app, "state=REVOKED") == [revoked["id"]]
    assert listed(app, "state=QUEUED") == [weigh["id"], queued["id"]]
    assert listed(app, "state=QUEUED&state=REVOKED&metric=dive") == [revoked["id"], queued["id"]]
    assert listed(app, "state=SUCCESS") == []
    assert listed(app, "metric=weigh") == [weigh["id"]]
    assert listed(app, "metric=swim") == []


def test_a_host_and_a_time_filter(app: TestApp, submit: Submit) -> None:
    first, second = submit(), submit()
    assert listed(app, f"host={first['host']}") == [second["id"], first["id"]]
    assert listed(app, "host=kraken") == []
    assert listed(app, "since=2000-01-01T00:00:00Z") == [second["id"], first["id"]]
    assert listed(app, "since=2999-01-01T00:00:00%2B02:00") == []
    assert second["id"] in listed(app, f"since={second['created']}")


def test_users_see_their_own_and_admins_all(
    app: TestApp, as_user: AsUser, as_root: TestApp, submit: Submit
) -> None:
    anns = submit()["id"]
    eves = as_user("eve").post_json(TASKS, {"metric": "dive"}).json["id"]
    nobodys = app.post("/v2/dive/").json["task_id"]
    assert listed(app) == listed(app, "owner=me") == listed(app, "owner=ann") == [anns]
    assert listed(as_root) == listed(as_root, "owner=*") == [nobodys, eves, anns]
    assert listed(as_root, "owner=eve") == [eves]
    assert listed(as_root, "owner=me") == []


@pytest.mark.parametrize("owner", ["eve", "*", "nobody"])
def test_a_user_who_asks_for_others_is_refused(owner: str, app: TestApp) -> None:
    app.get(f"{TASKS}?owner={owner}", status=403)


def test_the_cursor_of_an_admin_shows_a_user_nothing(
    app: TestApp, as_root: TestApp, submit: Submit
) -> None:
    for _ in range(2):
        submit()
    following = as_root.get(f"{TASKS}?limit=1").json["next"]
    app.get(following, status=403)


@pytest.mark.usefixtures("worker")
def test_a_list_that_has_changed_has_another_tag(app: TestApp, submit: Submit) -> None:
    made = submit(dives=1, endless=True)
    until(lambda: app.get(path_of(made)).json["progress"]["samples"] == 1)
    tag = app.get(TASKS).headers["ETag"]
    app.get(TASKS, headers={"If-None-Match": tag}, status=304)
    app.delete(path_of(made))
    assert ended(app, made)["state"] == "REVOKED"
    changed = app.get(TASKS, headers={"If-None-Match": tag}, status=200)
    assert changed.json["items"][0]["state"] == "REVOKED"

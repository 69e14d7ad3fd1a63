"""The list of tasks and the page of one, as the server renders them."""

from __future__ import annotations

from typing import Any

from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import until, working
from tests.functional.ui.conftest import OWN_PAGE, Visit, log_in


def submitted(app: TestApp, metric: str = "uptime", **params: Any) -> str:
    made = app.post_json("/v4/tasks/", {"metric": metric, "params": params}, headers=OWN_PAGE)
    return str(made.json["id"])


def states(app: TestApp, query: str = "") -> list[str]:
    table = app.get(f"/ui/tasks/{query}").html.find(id="tasks")
    return [one.text for one in table.find_all(class_="state")]


def test_tasks_are_listed_counted_and_filtered(visit: Visit) -> None:
    app = visit()
    for _ in range(3):
        submitted(app)
    ended = submitted(app, "iostat", count=9)
    app.delete(f"/v4/tasks/{ended}", headers=OWN_PAGE)
    assert states(app) == ["cancelled", "waiting", "waiting", "waiting"]
    assert states(app, "?state=REVOKED") == ["cancelled"]
    assert states(app, "?metric=iostat&owner=&state=") == ["cancelled"]
    chips = app.get("/ui/tasks/?state=REVOKED").html.find(class_="chips").find_all("a")
    told = {one.text.split()[0]: one.find(class_="count").text for one in chips}
    assert (told["all"], told["waiting"], told["cancelled"], told["done"]) == ("4", "3", "1", "0")
    assert [one.text.split()[0] for one in chips if one.has_attr("aria-current")] == ["cancelled"]


def test_a_long_list_goes_on_by_its_links(visit: Visit) -> None:
    app = visit()
    made = [submitted(app) for _ in range(5)]
    page, found = app.get("/ui/tasks/?limit=2"), []
    while True:
        found += [row["data-id"] for row in page.html.find_all("tr", attrs={"data-id": True})]
        link = page.html.find("a", rel="next")
        if link is None:
            break
        page = app.get(link["href"])
    assert found == made[::-1]


def test_a_task_that_is_done_shows_rows_text_and_who(visit: Visit, config: Settings) -> None:
    app = visit()
    task = submitted(app)
    with working(config):
        until(lambda: "done" in app.get(f"/ui/tasks/{task}").html.find(class_="facts").text)
    html = app.get(f"/ui/tasks/{task}").html
    assert "ann" in html.find(class_="facts").text
    assert html.find(id="report").table
    links = [one["href"] for one in html.find(id="report").find_all("a", download=True)]
    assert [app.get(link).content_type for link in links] == ["text/csv", "application/json"]


def test_a_failed_task_says_why(visit: Visit, config: Settings) -> None:
    app = visit()
    late = {"metric": "uptime", "start_within": 0.001}
    task = app.post_json("/v4/tasks/", late, headers=OWN_PAGE).json["id"]
    with working(config):
        until(lambda: "failed" in app.get(f"/ui/tasks/{task}").html.find(class_="facts").text)
    assert app.get(f"/ui/tasks/{task}").html.find(attrs={"data-server-error": True}).text


def test_others_tasks_are_not_there(visit: Visit, add_user: Any) -> None:
    app = visit()
    task = submitted(app)
    app.get(f"/ui/tasks/{task}", status=200)
    add_user("bob", "secret")
    app.reset()
    log_in(app, "bob")
    app.get(f"/ui/tasks/{task}", status=404)
    assert states(app) == []

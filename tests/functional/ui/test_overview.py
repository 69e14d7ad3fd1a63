"""The first page, as the server renders it."""

from __future__ import annotations

import threading

from sysmon_core import Column, Field, Metric, Params
from sysmon_core.errors import MetricFailed
from tests.functional.ui.conftest import OWN_PAGE, Visit, words

SHARE = Column("share", "how much of it", unit="%")
SIZE = Column("size", "how large", unit="By")
NAME = Column("name", "which", kind="key")
BAD = "<script>alert(1)</script>\u202e"


def rows(name: str, *given: dict[str, object]) -> Metric:
    return Metric(
        name=name, title=name, columns=[NAME, SHARE, SIZE], function=lambda *_: list(given)
    )


def test_one_row_is_figures_and_a_share_a_bar_with_its_number(visit: Visit) -> None:
    one = rows("one", {"name": "a", "share": 25.0, "size": 1536})
    card = visit("ann", one).get("/ui/").html.find(attrs={"data-metric": "one"})
    assert [dd.text.strip() for dd in card.find_all("dd")] == ["a", "25.0%", "1.5 KiB"]
    assert card.meter["value"] == "25.0"


def test_few_rows_are_a_table_and_of_many_the_first_are_shown(visit: Visit) -> None:
    many = rows("many", *({"name": str(i), "share": 1.0, "size": i} for i in range(20)))
    card = visit("ann", many).get("/ui/").html.find(attrs={"data-metric": "many"})
    assert len(card.tbody.find_all("tr")) == 8
    assert "8 of 20 rows" in card.text


def test_what_a_metric_says_is_text(visit: Visit) -> None:
    page = visit("ann", words("loud", BAD), rows("named", {"name": BAD, "share": 1.0, "size": 1}))
    text = page.get("/ui/").text
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;alert(1)") == 2


def test_a_metric_that_fails_says_so_in_its_card_alone(visit: Visit) -> None:
    def fail(*_: object) -> str:
        raise MetricFailed("It is broken")

    page = visit("ann", Metric(name="bad", title="Bad", function=fail), words("good", "fine"))
    html = page.get("/ui/").html
    assert "It is broken" in html.find(attrs={"data-metric": "bad"}).text
    assert "fine" in html.find(attrs={"data-metric": "good"}).text


def test_a_metric_that_is_slow_holds_up_no_page(visit: Visit) -> None:
    asked = threading.Event()

    def slow(*_: object) -> str:
        asked.wait(10)
        return "at last"

    app = visit("ann", Metric(name="slow", title="Slow", function=slow), words("quick", "fine"))
    html = app.get("/ui/").html
    asked.set()
    assert "It takes a moment" in html.find(attrs={"data-metric": "slow"}).text
    assert "fine" in html.find(attrs={"data-metric": "quick"}).text


def test_a_metric_that_wants_a_choice_has_a_link_in_place_of_a_card(visit: Visit) -> None:
    class Choice(Params):
        name: str = Field(description="Which", examples=["a"])

    metric = Metric(name="one", title="One", params=Choice, function=lambda *_: "")
    html = visit("ann", metric).get("/ui/").html
    assert html.find(attrs={"data-metric": "one"}) is None
    assert html.find("a", href="/ui/metrics/one")


def test_what_is_away_is_named(visit: Visit) -> None:
    trouble = visit().get("/ui/").html.find(id="trouble")
    assert "Not there: worker" in trouble.text
    remedies = trouble.find_all(attrs={"data-remedy": True})
    shown = [one["data-remedy"] for one in remedies if not one.has_attr("hidden")]
    assert shown == ["worker"]
    assert not trouble.has_attr("hidden")


def test_open_tasks_are_listed_those_of_others_are_not(visit: Visit) -> None:
    app = visit()
    made = app.post_json(
        "/v4/tasks/", {"metric": "iostat", "params": {"count": 3}}, headers=OWN_PAGE
    )
    assert made.json["id"] in app.get("/ui/").text
    assert made.json["id"] not in visit("root").get("/ui/").html.find(id="tasks").decode()


def test_without_redis_the_cards_are_shown(visit: Visit) -> None:
    page = visit("ann", words("calm", "fine"), redis_url="redis://127.0.0.1:1/0").get("/ui/")
    assert "fine" in page.html.text
    assert "Redis" in page.html.find(id="trouble").text


def test_a_token_of_some_metrics_sees_no_task_of_others(visit: Visit) -> None:
    app = visit()
    new = {"metric": "iostat", "params": {"count": 3}}
    made = app.post_json("/v4/tasks/", new, headers=OWN_PAGE).json["id"]
    narrow = {"name": "x", "scope": "read", "metrics": ["uptime"]}
    token = app.post_json("/v4/tokens/", narrow, headers=OWN_PAGE).json["token"]
    assert made in app.get("/ui/").text
    app.reset()
    for path in ("/ui/", "/ui/tasks/"):
        assert made not in app.get(path, headers={"Authorization": f"Bearer {token}"}).text

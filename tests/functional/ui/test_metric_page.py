"""The page of a metric: a form made of its declaration, which a URL fills and never sends."""

from __future__ import annotations

from typing import Any

from sysmon_core import Metric
from tests.functional.test_parameter_types import LONG, QUICK, Anything
from tests.functional.ui.conftest import OWN_PAGE, Visit


def form_of(visit: Visit, query: str = "") -> Any:
    return visit("ann", QUICK).get(f"/ui/metrics/quick{query}").html.find(id="run")


def test_every_parameter_has_its_field_with_help(visit: Visit) -> None:
    form = form_of(visit)
    for name, field in Anything.model_fields.items():
        place = form.find(attrs={"data-name": name})
        assert field.description in place.text
        assert place.find(attrs={"name": name})
        labels = [one["for"] for one in place.find_all("label", attrs={"for": True})]
        assert all(place.find(id=one) for one in labels)


def test_ranges_choices_and_defaults_are_those_of_the_declaration(visit: Visit) -> None:
    form = form_of(visit)
    count = form.find(attrs={"name": "count"})
    assert (count["type"], count["min"], count["max"], count["step"]) == ("number", "1", "9", "1")
    assert count["placeholder"] == "1"
    options = [one.text for one in form.find(attrs={"name": "order"}).find_all("option")]
    assert options == ["default: up", "up", "down"]
    assert "such as" in form.find(attrs={"data-name": "time"}).text


def test_a_url_fills_the_form_and_runs_nothing(visit: Visit) -> None:
    query = "?count=7&order=down&names=a&names=%3Cb%3E&wide=true&time=5m"
    app = visit("ann", QUICK, LONG)
    form = app.get(f"/ui/metrics/quick{query}").html.find(id="run")
    assert form.find(attrs={"name": "count"})["value"] == "7"
    assert form.find(attrs={"name": "names"}).text == "a\n<b>"
    assert form.find(attrs={"name": "order"}).find(selected=True).text == "down"
    assert form.find(attrs={"name": "wide"}).find(selected=True).text == "true"
    app.get("/ui/metrics/long?count=7")
    assert app.get("/v4/tasks/").json["items"] == []


def test_why_it_cannot_be_had_here_is_said(visit: Visit) -> None:
    metric = Metric(
        name="gone", title="Gone", function=lambda *_: "", available=lambda _: "no such hardware"
    )
    assert "no such hardware" in visit("ann", metric).get("/ui/metrics/gone").html.main.text


def test_ones_recent_runs_are_listed(visit: Visit) -> None:
    app = visit("ann", LONG)
    assert "None." in app.get("/ui/metrics/long").html.find(id="runs").text
    made = app.post_json("/v4/tasks/", {"metric": "long"}, headers=OWN_PAGE)
    assert made.json["id"] in app.get("/ui/metrics/long").html.find(id="runs").decode()


def test_a_token_that_may_not_run_is_told_so(visit: Visit) -> None:
    app = visit("ann", LONG)
    given = {"name": "x", "scope": "read"}
    token = app.post_json("/v4/tokens/", given, headers=OWN_PAGE).json["token"]
    app.reset()
    page = app.get("/ui/metrics/long", headers={"Authorization": f"Bearer {token}"})
    assert "do not permit" in page.html.find(id="run").text

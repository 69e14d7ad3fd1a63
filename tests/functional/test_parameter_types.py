"""Every type that a parameter may have, set through the query, a form and JSON."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from webtest import TestApp

from sysmon_core import Duration, Field, Integer, Metric, Params, Run, Size
from sysmon_core.testing import MakeApp, RunTask
from tests.functional.answers import FORM, JSON, ask

Query = list[tuple[str, str]]


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Anything(Params):
    text: str = Field("", pattern="^[a-z]*$", description="Small letters alone")
    count: Integer = Field(1, ge=1, le=9, description="How many")
    share: float = Field(0.5, ge=0, le=1, description="How much")
    wide: bool = Field(False, description="Whether it is wide")
    colour: Colour = Field(Colour.RED, description="A colour")
    order: Literal["up", "down"] = Field("up", description="An order")
    limit: Integer | None = Field(None, ge=1, description="At most so many")
    names: list[str] = Field([], max_length=3, description="Names")
    sizes: tuple[Integer, ...] = Field((), description="Sizes", json_schema_extra={"unit": "By"})
    time: Duration = Field(1, ge=1, le=3600, description="How long")
    memory: Size = Field(0, ge=0, description="How much memory")


class Quantities(Params):
    pause: Duration = Field(1, description="How long")
    size: Size = Field(1, description="How large")


def show(params: Anything, _run: Run) -> str:
    return params.model_dump_json()


QUICK = Metric(name="quick", title="Quick", params=Anything, function=show)
LONG = Metric(name="long", title="Long", params=Anything, function=show, duration=lambda _: 1)

GOOD: list[tuple[Query, dict[str, Any], Any]] = [
    # as a query or a form, as JSON, and what the metric is given
    ([("text", "abc")], {"text": "abc"}, {"text": "abc"}),
    ([("count", "7")], {"count": 7}, {"count": 7}),
    ([("share", "0.25")], {"share": 0.25}, {"share": 0.25}),
    ([("wide", "Yes")], {"wide": True}, {"wide": True}),
    ([("colour", "blue")], {"colour": "blue"}, {"colour": "blue"}),
    ([("order", "down")], {"order": "down"}, {"order": "down"}),
    ([("limit", "4")], {"limit": 4}, {"limit": 4}),
    ([("names", "a"), ("names", "b")], {"names": ["a", "b"]}, {"names": ["a", "b"]}),
    ([("names", "a")], {"names": ["a"]}, {"names": ["a"]}),
    ([("sizes", "1"), ("sizes", "2")], {"sizes": [1, 2]}, {"sizes": [1, 2]}),
    ([("time", "5m")], {"time": "5m"}, {"time": 300.0}),
    ([("time", "90")], {"time": 90}, {"time": 90.0}),
    ([("memory", "1.5K")], {"memory": "1.5K"}, {"memory": 1536}),
    ([("memory", "2MB")], {"memory": 2_000_000}, {"memory": 2_000_000}),
]
BAD: list[tuple[Query, str, str]] = [
    ([("text", "A")], "text", "must fit its description: Small letters alone"),
    ([("count", "0")], "count", "must be at least 1"),
    ([("count", "10")], "count", "must be at most 9"),
    ([("share", "much")], "share", "must be a number"),
    ([("share", "inf")], "share", "must be a finite number"),
    ([("share", "nan")], "share", "must be a finite number"),
    ([("wide", "perhaps")], "wide", "must be true or false"),
    ([("colour", "green")], "colour", "must be 'red' or 'blue'"),
    ([("order", "sideways")], "order", "must be 'up' or 'down'"),
    ([("names", "a")] * 4, "names", "must have at most 3 values"),
    ([("sizes", "1"), ("sizes", "x")], "sizes.1", "must be a whole number, in the digits 0 to 9"),
    ([("order", "up"), ("order", "up")], "order", "given more than once"),
    ([("time", "2h")], "time", "must be at most 3600"),
    (
        [("time", "soon")],
        "time",
        "must be seconds, or a number with one of ms, s, m, h, d: 90, 90s, 5m",
    ),
    (
        [("memory", "lots")],
        "memory",
        "must be bytes, or a number with one of K, M, G, T: 4096, 64K, 1.5G",
    ),
]


@pytest.fixture
def app(sysmon_app: MakeApp) -> TestApp:
    return sysmon_app([QUICK, LONG])


@pytest.mark.parametrize(("query", "fields", "given"), GOOD)
def test_every_type_is_set_through_query_form_and_json(
    app: TestApp, sysmon_worker: RunTask, query: Query, fields: dict[str, Any], given: Any
) -> None:
    whole = Anything().model_dump(mode="json") | given
    words = urlencode(query)
    shown = app.get(f"/v1/quick/?{words}").json["quick"]
    assert json.loads(shown) == whole
    assert json.loads(sysmon_worker(app, f"/v2/long/?{words}")["result"]["long"]) == whole
    for content, kind in ((words, FORM), (json.dumps(fields), JSON)):
        made = ask(app, "POST", "/v2/long/", body=content.encode(), headers={"Content-Type": kind})
        assert made.status_int == 201, made.text


@pytest.mark.parametrize(("query", "name", "detail"), BAD)
def test_a_value_that_does_not_fit_is_refused_in_our_words(
    app: TestApp, query: Query, name: str, detail: str
) -> None:
    for path in ("/v1/quick/", "/v1/long/", "/v2/long/"):
        answer = app.get(f"{path}?{urlencode(query)}", status=400)
        assert answer.json["errors"] == [{"in": "query", "name": name, "detail": detail}]


@pytest.mark.parametrize("value", [-1, -0.5, True, float("1e308") * 10])
@pytest.mark.parametrize("name", ["pause", "size"])
def test_a_quantity_that_no_text_can_be_is_refused_in_json_too(
    sysmon_app: MakeApp, name: str, value: float
) -> None:
    app = sysmon_app(
        Metric(
            name="wait",
            title="Wait",
            params=Quantities,
            function=lambda *_: "",
            duration=lambda _: 1,
        )
    )
    text = json.dumps({name: value}).replace("Infinity", "1e999")
    for body, kind in ((text, JSON), (urlencode({name: value}), FORM)):
        given = ask(app, "POST", "/v2/wait/", body=body.encode(), headers={"Content-Type": kind})
        assert given.status_int == 400
        assert [error["name"] for error in given.json["errors"]] == [name]
    schemas = app.get("/openapi.json").json["components"]["schemas"]
    assert schemas["metric.wait"]["properties"][name]["minimum"] == 0


def test_a_list_is_not_given_in_two_places(app: TestApp) -> None:
    answer = app.post_json("/v2/long/?names=a", {"names": ["b"]}, status=400)
    assert [error["detail"] for error in answer.json["errors"]] == ["given more than once"]


@pytest.mark.parametrize(
    ("names", "detail"),
    [
        ("b\0", "must not have a NUL character"),
        (["a", "\0c"], "must not have a NUL character"),
        (["\ud800"], "must not have half of a surrogate pair"),
    ],
)
def test_a_text_that_no_program_could_be_given_is_refused(
    app: TestApp, names: object, detail: str
) -> None:
    answer = app.post_json("/v2/long/", {"names": names}, status=400)
    assert answer.json["errors"] == [{"in": "body", "name": "names", "detail": detail}]

"""Reports of version 4, collected while the caller waits."""

from __future__ import annotations

import platform
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core import Metric, MetricUnavailable, Params, Report, Row
from tests.functional.v4.conftest import ROW, Lazy, Serve, dive, pond

POND, DIVE = "/v4/metrics/pond/report", "/v4/metrics/dive/report"
MEMBERS = [
    *("metric", "host", "params", "started", "finished", "age", "columns", "samples", "text"),
    *("complete", "truncated", "next"),
]


def seconds(text: str) -> float:
    assert text.endswith("Z")
    assert len(text) == len("2026-01-31T09:30:00.250Z")
    return datetime.fromisoformat(text).timestamp()


def test_a_quick_metric_has_one_sample(app: TestApp) -> None:
    told = app.get(POND).json
    assert list(told) == MEMBERS
    assert (told["metric"], told["host"], told["params"]) == ("pond", platform.node(), {})
    assert (told["text"], told["complete"], told["truncated"]) == ("deep\n", True, False)
    assert told["columns"] == app.get("/v4/metrics/pond").json["columns"]
    assert told["age"] >= 0
    (sample,) = told["samples"]
    assert (sample["index"], sample["since_boot"], sample["rows"]) == (0, False, [ROW])
    assert seconds(told["started"]) <= seconds(sample["at"]) <= seconds(told["finished"])


def test_a_long_metric_has_a_sample_for_each_report_with_its_time(app: TestApp) -> None:
    told = app.get(f"{DIVE}?dives=4").json
    assert told["params"] == {"dives": 4, "lake": ""}
    assert [one["index"] for one in told["samples"]] == [0, 1, 2, 3]
    assert [one["rows"] for one in told["samples"]] == [
        [ROW | {"depth": depth}] for depth in (0.0, 0.1, 0.2, 0.3)
    ]
    times = [told["started"], *(one["at"] for one in told["samples"]), told["finished"]]
    assert all(seconds(one) < seconds(other) for one, other in pairwise(times[:-1]))
    assert seconds(times[-2]) <= seconds(times[-1])


def test_rows_have_the_declared_columns_and_no_others(serve: Serve) -> None:
    lazy = Lazy([{"depth": 1, "name": "x"}])
    (sample,) = serve(lazy.metric()).get(POND).json["samples"]
    assert sample["rows"] == [{"depth": 1, "fish": None, "dives": None, "note": None}]


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("", "", "application/json"),
        ("", "*/*", "application/json"),
        ("", "text/plain", "text/plain; charset=utf-8"),
        ("", "text/csv, text/plain;q=0.5", "text/csv; charset=utf-8; header=present"),
        ("?format=json", "text/csv", "application/json"),
        ("?format=text", "", "text/plain; charset=utf-8"),
        ("?format=csv", "application/json", "text/csv; charset=utf-8; header=present"),
    ],
)
def test_the_format_is_that_of_the_query_or_else_of_accept(
    app: TestApp, query: str, accept: str, media_type: str
) -> None:
    answer = app.get(POND + query, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Vary"] == "Accept"
    headed = app.head(POND + query, headers={"Accept": accept})
    assert headed.headers["Content-Type"] == media_type
    assert int(headed.headers["Content-Length"]) == pytest.approx(len(answer.body), abs=5)


def test_text_is_that_of_version_1_and_csv_has_a_line_for_each_row(app: TestApp) -> None:
    assert app.get(f"{POND}?format=text").body == b"deep\n"
    head, *rows, end = app.get(f"{DIVE}?dives=3&format=csv").body.split(b"\r\n")
    assert (head, end) == (b"at,fish,depth,dives,note", b"")
    assert [row.split(b",")[1:] for row in rows] == [
        [b"eel", depth, b"7", b""] for depth in (b"0.0", b"0.1", b"0.2")
    ]
    assert seconds(rows[0][:24].decode()) < seconds(rows[1][:24].decode())


def test_what_is_not_asked_for_is_not_computed(serve: Serve) -> None:
    lazy = Lazy()
    app = serve(lazy.metric(lifetime=0))
    app.get(f"{POND}?format=text")
    assert lazy.asked == 0
    etag = app.get(POND).headers["ETag"]
    assert lazy.asked == 1
    app.get(f"{POND}?format=csv", headers={"If-None-Match": etag}, status=200)
    assert lazy.asked == 2


def test_rows_that_nobody_declared_are_not_read(serve: Serve) -> None:
    lazy = Lazy()
    told = serve(lazy.metric(columns=[])).get(POND).json
    assert (told["columns"], told["samples"], told["text"], lazy.asked) == ([], [], "deep\n", 0)


def test_rows_that_cannot_be_read_fail_where_they_are_asked_for(serve: Serve) -> None:
    app = serve(Lazy(error="no water").metric())
    for form in ("json", "csv"):
        told = app.get(f"{POND}?format={form}", status=502).json
        assert told["code"] == "metric-failed"
        assert "no water" in told["detail"]
    assert app.get(f"{POND}?format=text").text == "deep\n"


def test_a_report_is_shared_for_its_lifetime_and_tells_its_age(serve: Serve) -> None:
    lazy = Lazy()
    app = serve(lazy.metric())
    first, second = (app.get(POND) for _ in range(2))
    assert first.headers["Cache-Control"] == "private, max-age=3600"
    assert int(first.headers["Age"]) <= int(second.headers["Age"]) < 60
    assert first.json["age"] <= second.json["age"] < 60
    assert first.json["started"] == second.json["started"]
    assert lazy.asked == 1
    assert "Age" not in app.get(POND.replace("pond", "none"), status=404).headers


def test_a_client_that_has_the_report_is_told_so(app: TestApp) -> None:
    first = app.get(POND)
    etag = first.headers["ETag"]
    again = app.get(POND, headers={"If-None-Match": f'"x", {etag}'}, status=304)
    assert (again.body, again.headers["ETag"]) == (b"", etag)
    for name in ("Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name]
    assert "Age" in again.headers
    for query in ("?format=csv", "?format=text"):
        app.get(POND + query, headers={"If-None-Match": etag}, status=200)


def test_a_run_of_its_own_is_never_the_same(app: TestApp) -> None:
    first = app.get(DIVE)
    assert "Age" not in first.headers
    again = app.get(DIVE, headers={"If-None-Match": first.headers["ETag"]}, status=200)
    assert again.headers["ETag"] != first.headers["ETag"]


def test_this_host_is_the_one_that_can_be_asked(app: TestApp) -> None:
    assert app.get(f"{POND}?host={platform.node()}").json["host"] == platform.node()
    told = app.get(f"{POND}?host=mars", status=404).json
    assert told["code"] == "host-not-found"
    assert "mars" in told["detail"]


class Theirs(Params):
    """Params with the names of ours."""

    host: str = "pond"
    format: str = "deep"


def test_a_param_of_the_metric_goes_before_an_option_of_its_name(serve: Serve) -> None:
    def function(params: Theirs, _run: object) -> list[Row]:
        return [{"note": f"{params.host} {params.format}"}]

    app = serve(pond(params=Theirs, function=function))
    told = app.get(f"{POND}?host=mars&format=csv").json
    assert told["params"] == {"host": "mars", "format": "csv"}
    assert told["samples"][0]["rows"][0]["note"] == "mars csv"
    assert app.get(POND, headers={"Accept": "text/csv"}).content_type == "text/csv"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        *(
            ("dives=0", "dives"),
            ("dives=x", "dives"),
            ("depth=1", "depth"),
            ("format=xml", "format"),
        ),
        *(("format=csv&format=csv", "format"), ("host=a&host=b", "host")),
        ("dives=19", "dives"),  # it would take longer than a caller may wait
    ],
)
def test_what_is_wrong_is_named(serve: Serve, query: str, name: str) -> None:
    told = serve(dive(), sync_limit=5).get(f"{DIVE}?{query}", status=400).json
    assert [(one["in"], one["name"]) for one in told["errors"]] == [("query", name)]


def test_a_run_that_is_too_long_is_better_a_task(serve: Serve) -> None:
    told = serve(dive(), sync_limit=5).get(f"{DIVE}?dives=19", status=400).json
    assert "5 s" in told["detail"]
    assert "/v4/tasks/" in told["detail"]


def lacking(_params: object, _run: object) -> Report:
    raise MetricUnavailable("There is no water: install a lake")


@pytest.mark.parametrize("metric", [pond(function=lacking), dive(function=lacking)])
def test_what_the_host_lacks_is_a_501(serve: Serve, metric: Metric) -> None:
    told: dict[str, Any] = serve(metric).get(f"/v4/metrics/{metric.name}/report", status=501).json
    assert told["code"] == "metric-unavailable"
    assert "install a lake" in told["detail"]

"""Version 2: a long run becomes a task."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import METRICS, MakeApp, MakeSettings, working
from tests.functional.answers import FORM, JSON, ask, is_empty, problem, send
from tests.functional.iostat_params import NAMED, NOT_WHOLE, TOO_SMALL, UNREADABLE, printed
from tests.functional.v2.conftest import ended, shown


def test_the_index_links_to_the_metrics_uptime_and_iostat_first(app: TestApp) -> None:
    links = [{"rel": name, "href": f"/v2/{name}/"} for name in METRICS]
    assert app.get("/v2/").json == {"links": links}


def test_a_quick_metric_answers_as_in_version_1(app: TestApp, redis_url: str) -> None:
    assert app.get("/v2/uptime/").json == app.get("/v1/uptime/").json == {"uptime": "up"}
    problem(ask(app, "GET", "/v2/uptime/?count=1"), 400, ("query", "count"))
    assert is_empty(redis_url)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_long_run_becomes_a_task_that_waits_for_a_worker(app: TestApp, method: str) -> None:
    made, other = (ask(app, method, "/v2/iostat/?count=3", status=201) for _ in range(2))
    task_id = made.json["task_id"]
    assert isinstance(task_id, str)
    assert task_id != other.json["task_id"]
    links = [{"rel": "task", "href": f"/v2/task/{task_id}"}]
    assert made.json == {"task_id": task_id, "links": links}
    assert made.headers["Location"] == f"/v2/task/{task_id}"
    assert made.headers["Content-Type"] == JSON
    assert app.get(made.location).json == shown(made, "QUEUED")
    headed = app.head(made.location)
    assert (headed.status_int, headed.headers["Content-Type"], headed.body) == (200, JSON, b"")


def test_head_starts_nothing(app: TestApp, redis_url: str) -> None:
    for query in ("", "?count=2", "?count=0"):
        answer = app.head(f"/v2/iostat/{query}", status=405)
        assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "POST"]
    assert is_empty(redis_url)


def test_params_may_come_in_the_query_string_or_in_either_kind_of_body(
    app: TestApp, config: Settings
) -> None:
    fields = {"count": 4, "wait": 2}
    as_form, as_json = urlencode(fields), json.dumps(fields).encode()
    made = [
        (app.get("/v2/iostat/"), (1, 1)),
        (app.post("/v2/iostat/"), (1, 1)),
        (send(app, b"", None), (1, 1)),
        (send(app, b"{}", JSON), (1, 1)),
        (app.get(f"/v2/iostat/?{as_form}"), (4, 2)),
        (app.post(f"/v2/iostat/?{as_form}"), (4, 2)),
        (send(app, as_form.encode(), FORM), (4, 2)),
        (send(app, as_json, JSON), (4, 2)),
        (send(app, b'{"count": 5}', JSON, "/v2/iostat/?wait=3"), (5, 3)),
        (send(app, b"wait=3", FORM, "/v2/iostat/?count=5"), (5, 3)),
    ]
    with working(config):
        for answer, params in made:
            assert answer.status_int == 201
            result = {"iostat": printed(*params)}
            assert ended(app, answer) == shown(answer, "SUCCESS", result=result)


@pytest.mark.parametrize("query", ["", "?count=2", "?count=4&wait=2"])
def test_the_result_is_what_version_1_would_have_answered(
    app: TestApp, config: Settings, query: str
) -> None:
    with working(config):
        task = ended(app, app.get(f"/v2/iostat/{query}"))
    assert task["result"] == app.get(f"/v1/iostat/{query}").json


def test_the_same_strings_are_refused_as_in_version_1_and_start_nothing(
    app: TestApp, redis_url: str
) -> None:
    whole = [(f"count={value}", ["count"]) for value in NOT_WHOLE + TOO_SMALL]
    whole += [(f"count=2&wait={value}", ["wait"]) for value in TOO_SMALL]
    whole += [("wait=2", ["wait"]), ("count=1&wait=2", ["wait"])]
    for query, names in whole + NAMED:
        in_query, in_body = ([(place, name) for name in names] for place in ("query", "body"))
        problem(ask(app, "GET", f"/v2/iostat/?{query}"), 400, *in_query)
        problem(ask(app, "POST", f"/v2/iostat/?{query}"), 400, *in_query)
        problem(send(app, query.encode(), FORM), 400, *in_body)
    for value in UNREADABLE:
        problem(ask(app, "GET", f"/v2/iostat/?count={value}"), 400)
        problem(send(app, f"count={value}".encode(), FORM), 400)
    assert is_empty(redis_url)


JSON_VALUES = ["0", "-1", "1.5", "true", "null", '"abc"', '""', '" 4"', '"٤"', "[2]", "{}", "1e400"]
JSON_FAULTS = [(f'{{"count": {value}}}', ["count"]) for value in JSON_VALUES]
JSON_FAULTS += [('{"wait": 2}', ["wait"]), ('{"Count": 2, "x": null}', ["Count", "x"])]
JSON_FAULTS += [('{"count": 2, "count": 2}', ["count"])]


def test_a_json_body_is_held_to_the_same_rules(app: TestApp, subtests: pytest.Subtests) -> None:
    for body, names in JSON_FAULTS:
        with subtests.test(body):
            problem(send(app, body.encode(), JSON), 400, *(("body", name) for name in names))


def test_a_parameter_in_the_query_string_and_the_body_is_given_twice(app: TestApp) -> None:
    for body, kind in ((b'{"count": 2}', JSON), (b"count=2", FORM)):
        answer = send(app, body, kind, "/v2/iostat/?count=2")
        assert "count" in problem(answer, 400)
        assert [fault["name"] for fault in answer.json["errors"]] == ["count"]


def test_only_a_run_beyond_the_task_limit_is_too_long(app: TestApp) -> None:
    for query in ("count=32", "count=86401", "count=2&wait=86400", "count=13&wait=7200"):
        app.post(f"/v2/iostat/?{query}", status=201)
    for query in ("count=86402", "count=2&wait=86401", f"count={'9' * 18}"):
        names = [pair.partition("=")[0] for pair in query.split("&")]
        in_query, in_body = ([(place, name) for name in names] for place in ("query", "body"))
        assert "86400" in problem(ask(app, "GET", f"/v2/iostat/?{query}"), 400, *in_query)
        problem(send(app, query.encode(), FORM), 400, *in_body)


@pytest.mark.parametrize("digits", [30, 400, 4000])
def test_a_number_of_any_length_is_no_server_error(app: TestApp, digits: int) -> None:
    number = "9" * digits
    problem(send(app, f'{{"count": 2, "wait": {number}}}'.encode(), JSON), 400)
    problem(ask(app, "GET", f"/v2/iostat/?count={number}"), 400)


def test_the_task_limit_is_a_setting(
    make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str
) -> None:
    app = make_testapp(make_settings(redis_url=redis_url, task_limit=60, sync_limit=90))
    app.get("/v2/iostat/?count=61", status=201)
    problem(ask(app, "GET", "/v2/iostat/?count=62"), 400, ("query", "count"))


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@given(fields=st.dictionaries(st.sampled_from(["count", "wait", "x"]), VALUES))
def test_any_json_object_is_a_201_or_a_400(app: TestApp, fields: dict[str, object]) -> None:
    answer = send(app, json.dumps(fields).encode(), JSON)
    if answer.status_int != 201:
        problem(answer, 400)

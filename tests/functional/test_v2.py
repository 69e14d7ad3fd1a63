"""Version 2: a long run becomes a task, from its submission to its end."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import METRICS, MakeApp, MakePrograms, MakeSettings, until, working
from tests.functional.test_all_versions import AT_ONCE, FORM, JSON, ask, is_empty, problem, send
from tests.functional.test_v1 import NAMED, NOT_WHOLE, TOO_SMALL, UNREADABLE, printed

UNKNOWN = ["none", "0", "*", "a%20b", "%C3%A9", "..", "x" * 5000, "QUEUED"]
UNKNOWN += ["00000000-0000-4000-8000-000000000000"]


@pytest.fixture
def config(make_settings: MakeSettings, programs: MakePrograms, redis_url: str) -> Settings:
    """Programs that answer at once, iostat with its arguments."""
    path = programs(uptime="echo ' up '", iostat='echo "$*"')
    return make_settings(redis_url=redis_url, command_path=path)


@pytest.fixture
def app(config: Settings, make_testapp: MakeApp) -> TestApp:
    return make_testapp(config)


def shown(made: Any, state: str, **members: object) -> dict[str, Any]:
    """The task in this state, as it must be shown."""
    href = made.headers["Location"]
    links = [{"rel": "self", "href": href}]
    if state in {"QUEUED", "STARTED"}:
        links.append({"rel": "cancel", "method": "DELETE", "href": href})
    return {"task_id": made.json["task_id"], "state": state, "links": links} | members


def ended(app: TestApp, made: Any) -> dict[str, Any]:
    """The task as it is shown once it has ended."""
    until(lambda: app.get(made.location).json["state"] not in {"QUEUED", "STARTED"})
    task: dict[str, Any] = app.get(made.location).json
    return task


def lives(pid: int) -> bool:
    """Whether the process is there; one that only waits to be reaped is not."""
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()[:1] not in {"", "Z"}


def held(folder: Path) -> str:
    """A program that says that it has started, then waits until it may end."""
    return f"touch {folder}/started; until [ -e {folder}/go ]; do sleep 0.02; done; echo done"


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
def test_a_number_of_any_length_is_no_fault_of_the_server(app: TestApp, digits: int) -> None:
    number = "9" * digits
    problem(send(app, f'{{"count": 2, "wait": {number}}}'.encode(), JSON), 400)
    problem(ask(app, "GET", f"/v2/iostat/?count={number}"), 400)


def test_the_task_limit_is_a_setting(
    make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str
) -> None:
    app = make_testapp(make_settings(redis_url=redis_url, task_limit=60, sync_limit=90))
    app.get("/v2/iostat/?count=61", status=201)
    problem(ask(app, "GET", "/v2/iostat/?count=62"), 400, ("query", "count"))


def test_a_task_is_answered_without_waiting_and_shown_while_it_runs(
    config: Settings, make_testapp: MakeApp, programs: MakePrograms, folder: Path
) -> None:
    programs(iostat=held(folder))
    app = make_testapp(config)
    with working(config):
        asked = time.monotonic()
        made = app.post("/v2/iostat/", status=201)
        assert time.monotonic() - asked < AT_ONCE
        until((folder / "started").exists)
        assert app.get(made.location).json == shown(made, "STARTED")
        (folder / "go").touch()
        assert ended(app, made) == shown(made, "SUCCESS", result={"iostat": "done\n"})


@pytest.mark.parametrize(
    ("script", "overrun", "cause"),
    [("echo it is on fire >&2; exit 3", 10, "it is on fire"), ("exec sleep 60", 0.1, "longer")],
)
def test_a_task_that_fails_or_hangs_tells_the_error_as_a_string(
    config: Settings,
    make_testapp: MakeApp,
    programs: MakePrograms,
    *,
    script: str,
    overrun: float,
    cause: str,
) -> None:
    programs(iostat=script)
    config = config.model_copy(update={"overrun": overrun})
    app = make_testapp(config)
    with working(config):
        made = app.post("/v2/iostat/", status=201)
        task = ended(app, made)
    assert isinstance(task["result"], str)
    assert cause in task["result"]
    assert task == shown(made, "FAILURE", result=task["result"])


def test_a_program_that_the_worker_misses_is_named_by_the_task(
    app: TestApp, make_settings: MakeSettings, redis_url: str
) -> None:
    made = app.post("/v2/iostat/", status=201)
    with working(make_settings(redis_url=redis_url, command_path="/none")):
        task = ended(app, made)
    assert task["state"] == "FAILURE"
    assert "sysstat" in task["result"]


def test_an_unknown_task_is_a_404(app: TestApp, subtests: pytest.Subtests) -> None:
    for task_id in UNKNOWN:
        with subtests.test(task_id[:9]):
            problem(ask(app, "GET", f"/v2/task/{task_id}"), 404)
            problem(ask(app, "DELETE", f"/v2/task/{task_id}"), 404)


def cancel(app: TestApp, made: Any) -> None:
    answer = app.delete(made.location, status=204)
    assert answer.body == b""
    assert "Content-Type" not in answer.headers


def test_a_queued_task_that_is_deleted_reads_revoked_and_is_never_run(
    config: Settings, make_testapp: MakeApp, programs: MakePrograms, folder: Path
) -> None:
    programs(iostat=f'touch "{folder}/$*"')
    app = make_testapp(config)
    made = app.post("/v2/iostat/?count=2", status=201)
    cancel(app, made)
    assert app.get(made.location).json == shown(made, "REVOKED")
    with working(config):  # its end waits for what the worker has taken
        ended(app, app.post("/v2/iostat/?count=3", status=201))
    assert app.get(made.location).json == shown(made, "REVOKED")
    assert not (folder / printed(2, 1).strip()).exists()
    assert (folder / printed(3, 1).strip()).exists()


@pytest.mark.parametrize("first", ["", "trap '' TERM; "], ids=["tame", "deaf to TERM"])
def test_a_running_task_that_is_deleted_is_stopped_with_all_its_processes(
    config: Settings, make_testapp: MakeApp, programs: MakePrograms, folder: Path, first: str
) -> None:
    pids = folder / "pids"
    programs(iostat=f"{first}sleep 300 & echo $! $$ > {pids}; wait; sleep 300")
    app = make_testapp(config)
    with working(config):
        made = app.post("/v2/iostat/", status=201)
        until(lambda: pids.exists() and pids.read_text().endswith("\n"))
        processes = [int(pid) for pid in pids.read_text().split()]
        assert all(map(lives, processes))
        cancel(app, made)
        assert app.get(made.location).json == shown(made, "REVOKED")
        until(lambda: not any(map(lives, processes)))
    assert app.get(made.location).json == shown(made, "REVOKED")


@pytest.mark.parametrize(
    ("script", "state"), [("echo Device", "SUCCESS"), ("exit 1", "FAILURE"), ("", "REVOKED")]
)
def test_deleting_a_finished_task_removes_its_record(
    config: Settings, make_testapp: MakeApp, programs: MakePrograms, *, script: str, state: str
) -> None:
    programs(iostat=script)
    app = make_testapp(config)
    made = app.post("/v2/iostat/", status=201)
    if state == "REVOKED":
        cancel(app, made)
    with working(config):
        assert ended(app, made)["state"] == state
    cancel(app, made)
    problem(ask(app, "GET", made.location), 404)
    problem(ask(app, "DELETE", made.location), 404)


def test_the_record_of_an_ended_task_expires_and_that_of_another_does_not(
    make_settings: MakeSettings, make_testapp: MakeApp, programs: MakePrograms, redis_url: str
) -> None:
    path = programs(iostat=f'[ "$*" != "{printed(2, 1).strip()}" ] && echo Device')
    config = make_settings(redis_url=redis_url, command_path=path, task_ttl=1)
    app = make_testapp(config)
    made = [app.post(f"/v2/iostat/?count={count}", status=201) for count in (1, 2, 3)]
    cancel(app, made[2])
    with working(config):
        until(lambda: all(ask(app, "GET", one.location).status_int == 404 for one in made))
    for one in made[1:]:
        problem(ask(app, "DELETE", one.location), 404)
    queued, revoked = (app.post("/v2/iostat/", status=201) for _ in range(2))
    cancel(app, revoked)
    until(lambda: ask(app, "GET", revoked.location).status_int == 404)
    assert app.get(queued.location).json == shown(queued, "QUEUED")


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@given(fields=st.dictionaries(st.sampled_from(["count", "wait", "x"]), VALUES))
def test_any_json_object_is_a_201_or_a_400(app: TestApp, fields: dict[str, object]) -> None:
    answer = send(app, json.dumps(fields).encode(), JSON)
    if answer.status_int != 201:
        problem(answer, 400)

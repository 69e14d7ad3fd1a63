"""The contract of versions 1 and 2: metrics, runs and tasks."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import until
from tests.live.contract.conftest import Service, named

NOT_WHOLE = ("1.5", "abc", "", "1e3", "0x10", "1_000", "%204", "%2B5", "%D9%A4", "%EF%BC%94")
BAD_QUERIES = (
    *(f"count={value}" for value in (*NOT_WHOLE, "0", "-1")),
    *(f"count=2&wait={value}" for value in (*NOT_WHOLE, "0")),
    *("wait=2", "count=1&wait=2", "other=1", "count=2&count=2"),
)
LONG = "/v2/iostat/?count=1000"  # a task that does not end by itself here
MANY = 24  # synchronous runs at once: more than any of our configurations has slots


# Versions 1 and 2


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_an_index_lists_the_metrics_uptime_and_iostat_first(service: Service, version: str) -> None:
    links = service.get(f"/{version}/")["links"]
    assert [link["rel"] for link in links[:2]] == ["uptime", "iostat"]
    assert all(link["href"] == f"/{version}/{link['rel']}/" for link in links)
    assert (links[-1]["rel"] == "users") is (version == "v3")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_uptime_is_what_the_command_prints(service: Service, version: str) -> None:
    answer = service.get(f"/{version}/uptime/")
    assert set(answer) == {"uptime"}
    assert re.fullmatch(r"\d\d:\d\d:\d\d up .*,  \d+ users?,  load average: .*\d", answer["uptime"])
    assert named(service.ask("GET", f"/{version}/uptime/?count=1")) == {("query", "count")}


@pytest.mark.parametrize("query", ["", "?count=2", "?count=2&wait=1", "?count=1&wait=1"])
def test_iostat_in_version_1_is_what_the_command_prints(service: Service, query: str) -> None:
    answer = service.get(f"/v1/iostat/{query}")
    assert set(answer) == {"iostat"}
    assert answer["iostat"].count("Device") == (2 if "count=2" in query else 1)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("query", BAD_QUERIES)
def test_parameters_that_are_not_allowed_are_a_400_that_names_them(
    service: Service, version: str, query: str
) -> None:
    name = query.rpartition("&")[2].partition("=")[0]
    assert ("query", name) in named(service.ask("GET", f"/{version}/iostat/?{query}"))


def test_a_run_beyond_the_synchronous_limit_is_shown_the_way(service: Service) -> None:
    answer = service.ask("GET", "/v1/iostat/?count=9999")
    assert answer.status == 400
    assert re.search(r"\d+.*/v2/iostat/", answer.json["detail"])


def test_too_many_runs_at_once_are_a_503_and_quick_requests_go_on(service: Service) -> None:
    with ThreadPoolExecutor(MANY) as pool:
        running = [pool.submit(service.ask, "GET", "/v1/iostat/?count=4") for _ in range(MANY)]
        assert [set(service.get("/v1/uptime/")) for _ in range(5)] == [{"uptime"}] * 5
        assert not all(run.done() for run in running)
        assert {run.result().status for run in running} == {200, 503}


# Tasks


@pytest.mark.parametrize(
    ("method", "version"), [("GET", "v2"), ("POST", "v2"), ("GET", "v3"), ("POST", "v3")]
)
def test_a_task_is_made_succeeds_and_is_removed(
    service: Service, method: str, version: str
) -> None:
    who = service.admin if version == "v3" else ""
    made = service.ask(method, f"/{version}/iostat/", who=who)
    path = made.headers["Location"]
    task_id = path.rpartition("/")[2]
    links = [{"rel": "task", "href": f"/{version}/task/{task_id}"}]
    assert (made.status, made.json) == (201, {"task_id": task_id, "links": links})
    until(lambda: service.get(path, who)["state"] not in {"QUEUED", "STARTED"})
    done = service.get(path, who)
    assert set(done["result"]) == {"iostat"}
    links = [{"rel": "self", "href": path}]
    known = {"task_id": task_id, "state": "SUCCESS", "links": links}
    assert done == known | {"result": done["result"]}
    assert service.ask("DELETE", path, who=who).status == 204
    for again in ("GET", "DELETE"):
        assert service.ask(again, path, who=who).status == 404


def test_a_task_that_runs_can_be_cancelled(service: Service) -> None:
    path = service.ask("POST", LONG).headers["Location"]
    task_id = path.rpartition("/")[2]
    until(lambda: service.get(path)["state"] == "STARTED")
    own = {"rel": "self", "href": path}
    cancel = {"rel": "cancel", "method": "DELETE", "href": path}
    shown = {"task_id": task_id, "state": "STARTED", "links": [own, cancel]}
    assert service.get(path) == shown
    gone = service.ask("DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    assert service.get(path) == {"task_id": task_id, "state": "REVOKED", "links": [own]}
    assert service.ask("DELETE", path).status == 204


def test_head_starts_no_task(service: Service) -> None:
    assert service.ask("HEAD", "/v2/iostat/").status == 405


def test_tasks_of_version_3_are_hidden_from_version_2_alone(service: Service) -> None:
    hidden = service.ask("POST", "/v3/iostat/?count=1000", who=service.admin).headers["Location"]
    public = service.ask("POST", LONG).headers["Location"]
    for method in ("GET", "DELETE"):
        assert service.ask(method, hidden.replace("v3", "v2")).status == 404
    assert service.get(public.replace("v2", "v3"), service.admin)["links"][0]["href"] == (
        public.replace("v2", "v3")
    )
    for path in (hidden, public.replace("v2", "v3")):
        assert service.ask("DELETE", path, who=service.admin).status == 204

"""Tasks of version 4: what is shown of them, and what they have given so far."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import until
from tests.functional.v4.tasks.conftest import Submit, ended, path_of

pytestmark = pytest.mark.usefixtures("worker")


def samples(app: TestApp, task: dict[str, Any], query: str = "") -> list[tuple[int, list[Any]]]:
    report = app.get(path_of(task, "report") + query).json
    return [(one["index"], one["rows"]) for one in report["samples"]]


def depths(*numbers: float) -> list[dict[str, object]]:
    return [{"fish": fish, "depth": number} for number in numbers for fish in ("cod", "eel")]


def test_a_task_is_shown_from_its_submission_to_its_end(app: TestApp) -> None:
    answer = app.post_json("/v4/tasks/", {"metric": "dive", "params": {"dives": 3}}, status=201)
    made = answer.json
    assert answer.headers["Location"] == path_of(made) == f"/v4/tasks/{made['id']}"
    assert (made["state"], made["metric"], made["owner"]) == ("QUEUED", "dive", "ann")
    assert made["params"] == {"dives": 3}
    assert made["started"] is made["finished"] is made["expires"] is made["error"] is None
    assert made["progress"] == {"fraction": 0.0, "samples": 0}
    assert [link["rel"] for link in made["links"]] == ["self", "report", "cancel"]
    done = ended(app, made)
    assert done["state"] == "SUCCESS"
    assert done["progress"] == {"fraction": 1.0, "samples": 3}
    assert done["created"] <= done["started"] <= done["finished"] < done["expires"]
    assert done["age"] >= 0
    assert [link["rel"] for link in done["links"]] == ["self", "report", "remove"]


def test_the_report_of_a_task_has_its_samples_and_their_times(app: TestApp, submit: Submit) -> None:
    done = ended(app, submit(dives=2))
    report = app.get(path_of(done, "report")).json
    assert report["complete"] is True
    assert report["truncated"] is False
    assert [one["rows"] for one in report["samples"]] == [depths(0.5), depths(1.5)]
    assert [one["index"] for one in report["samples"]] == [0, 1]
    assert report["started"] <= report["samples"][0]["at"] <= report["finished"]
    assert report["next"] == 1
    assert report["text"].split()[:2] == ["fish", "depth"]
    assert [one["name"] for one in report["columns"]] == ["fish", "depth"]


def test_what_a_running_task_has_so_far_can_be_read_and_stays_after_a_cancel(
    app: TestApp, submit: Submit
) -> None:
    made = submit(dives=2, endless=True)
    until(lambda: len(samples(app, made)) == 2)
    report = app.get(path_of(made, "report")).json
    assert report["complete"] is False
    assert report["finished"] is None
    assert "1.5" in report["text"]
    fraction = app.get(path_of(made)).json["progress"]["fraction"]
    assert 0 <= fraction < 1
    app.delete(path_of(made), status=204)
    report = app.get(path_of(made, "report")).json
    assert app.get(path_of(made)).json["state"] == "REVOKED"
    assert report["complete"] is True
    assert [one["rows"] for one in report["samples"]] == [depths(0.5), depths(1.5)]
    app.delete(path_of(made), status=204)
    app.get(path_of(made, "report"), status=404)


def test_what_came_before_a_failure_stays_and_the_error_has_a_code(
    app: TestApp, submit: Submit
) -> None:
    failed = ended(app, submit(dives=1, fail=True))
    assert failed["state"] == "FAILURE"
    assert failed["error"]["code"] == "metric-failed"
    assert "no air" in failed["error"]["detail"]
    assert samples(app, failed) == [(0, depths(0.5))]
    app.get(f"/problems/{failed['error']['code']}", status=200)


def test_later_samples_alone_are_asked_for_by_the_last_index(app: TestApp, submit: Submit) -> None:
    done = ended(app, submit(dives=4))
    assert [index for index, _ in samples(app, done, "?after=1")] == [2, 3]
    rest = app.get(path_of(done, "report") + "?after=3").json
    assert (rest["samples"], rest["text"], rest["next"]) == ([], None, 3)
    app.get(path_of(done, "report") + "?after=x", status=400)


def test_the_last_sample_of_a_running_task_is_asked_for_again(app: TestApp, submit: Submit) -> None:
    """More of its rows may come."""
    made = submit(dives=3, endless=True)
    until(lambda: len(samples(app, made)) == 3)
    following = app.get(path_of(made, "report")).json["next"]
    assert following == 1
    assert [index for index, _ in samples(app, made, f"?after={following}")] == [2]
    app.delete(path_of(made), status=204)
    assert app.get(path_of(made, "report")).json["next"] == 2


def test_the_newest_samples_are_kept(app: TestApp, submit: Submit) -> None:
    done = ended(app, submit(dives=60))
    found = samples(app, done)
    assert [index for index, _ in found] == list(range(10, 60))
    assert app.get(path_of(done, "report")).json["truncated"] is True


def test_a_report_is_shown_as_text_and_as_csv_too(app: TestApp, submit: Submit) -> None:
    done = ended(app, submit(dives=2))
    text = app.get(path_of(done, "report"), headers={"Accept": "text/plain"})
    assert text.text == app.get(path_of(done, "report")).json["text"]
    csv = app.get(path_of(done, "report") + "?format=csv").text.splitlines()
    assert csv[0] == "at,fish,depth"
    assert [line.split(",")[1:] for line in csv[1:]] == [
        *(["cod", "0.5"], ["eel", "0.5"], ["cod", "1.5"], ["eel", "1.5"])
    ]


def test_a_quick_metric_may_be_a_task_too(app: TestApp) -> None:
    made = app.post_json("/v4/tasks/", {"metric": "weigh"}, status=201).json
    done = ended(app, made)
    assert done["progress"]["fraction"] == 1.0
    assert samples(app, done) == [(0, [{"fish": "cod", "depth": 3}])]


def test_what_has_not_changed_is_a_304(app: TestApp, submit: Submit) -> None:
    done = ended(app, submit(dives=1))
    for path in (path_of(done), path_of(done, "report"), "/v4/tasks/"):
        first = app.get(path)
        same = app.get(path, headers={"If-None-Match": first.headers["ETag"]}, status=304)
        assert same.body == b""
        assert same.headers["ETag"] == first.headers["ETag"]
    made = submit(dives=1, endless=True)
    known = {"If-None-Match": app.get(path_of(made, "report")).headers["ETag"]}
    until(lambda: app.get(path_of(made, "report"), headers=known).status_int == 200)
    app.delete(path_of(made))


def test_tasks_of_versions_2_and_3_are_shown_in_version_4(app: TestApp) -> None:
    made = app.get("/v3/dive/?dives=1", status=201).json
    done = ended(app, {"links": [{"rel": "self", "href": f"/v4/tasks/{made['task_id']}"}]})
    assert done["state"] == "SUCCESS"
    assert samples(app, done) == [(0, depths(0.5))]

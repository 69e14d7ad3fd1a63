"""Checks that a system does what is compared: the same answers, states and ends."""

from __future__ import annotations

from typing import Any

from benchmarks.common.processes import PATIENCE, until
from benchmarks.taskbench.latency import programs_of
from benchmarks.taskbench.systems import LONG, NO_OP, System

ANSWERS = {
    "/v2/iostat/?count=2&wait=x": 400,
    "/v2/iostat/?count=0": 400,
    "/v2/iostat/?count=1_0": 400,
    "/v2/iostat/?count=1&wait=5": 400,
    "/v2/iostat/?count=2&count=3": 400,
    "/v2/iostat/?other=1": 400,
    "/v2/iostat/?count=99999&wait=99999": 400,
    "/v2/task/none": 404,
    "/none": 404,
}


def check(system: System) -> str:
    """Go through the endpoints once; return the id of a task that succeeded.

    Raises:
        RuntimeError: something is not as it must be.
    """
    for path, status in ANSWERS.items():
        _expect(system, "GET", path, status)
    _expect(system, "HEAD", NO_OP, 405)
    done = _runs(system)
    _is_cancelled(system)
    _is_removed(system)
    return done


def _runs(system: System) -> str:
    headers, body = _expect(system, "POST", NO_OP, 201)
    path = headers["location"]
    _demand(system, path == f"/v2/task/{body['task_id']}", path)
    _demand(system, system.wait_for_end(body["task_id"]), "a no-op that failed")
    _, shown = _expect(system, "GET", path, 200)
    wanted = {
        "task_id": body["task_id"],
        "state": "SUCCESS",
        "result": {"iostat": "instant\n"},
        "links": [{"rel": "self", "href": path}],
    }
    _demand(system, shown == wanted, shown)
    task_id: str = body["task_id"]
    return task_id


def _is_cancelled(system: System) -> None:
    path = f"/v2/task/{system.submit(LONG)}"
    until(lambda: programs_of(system), f"a program of {system.label}", 0.01, PATIENCE)
    _, shown = _expect(system, "GET", path, 200)
    _demand(system, shown["state"] == "STARTED" and len(shown["links"]) == 2, shown)
    _expect(system, "DELETE", path, 204)
    _, shown = _expect(system, "GET", path, 200)
    _demand(system, shown["state"] == "REVOKED", shown)
    until(lambda: not programs_of(system), f"a cancel in {system.label}", 0.01, PATIENCE)


def _is_removed(system: System) -> None:
    task_id = system.submit(NO_OP)
    system.wait_for_end(task_id)
    _expect(system, "DELETE", f"/v2/task/{task_id}", 204)
    _expect(system, "GET", f"/v2/task/{task_id}", 404)


def _expect(system: System, method: str, path: str, status: int) -> tuple[Any, Any]:
    answered, headers, body = system.request(method, path)
    _demand(system, answered == status, f"{method} {path}: {answered} {body}")
    return headers, body


def _demand(system: System, condition: bool, found: object) -> None:
    if not condition:
        raise RuntimeError(f"{system.label} does not do what is compared: {found}")

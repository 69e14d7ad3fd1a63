"""Tasks that are asked about: one that waits, one that is done."""

from __future__ import annotations

import json
from http import HTTPStatus

from benchmarks.common.processes import PATIENCE, Process, until
from benchmarks.webbench.server import Server

SUBMIT = "/v2/iostat/"


def submitted(server: Server) -> str:
    """Return the path of a new task.

    Raises:
        RuntimeError: the server took none.
    """
    answer = server.get(SUBMIT, method="POST")
    if answer.status != HTTPStatus.CREATED:
        raise RuntimeError(f"no task was taken: {answer}")
    return f"/v2/task/{json.loads(answer.body)['task_id']}"


def ended(server: Server) -> str:
    """Return the path of a new task that a worker has meanwhile run."""
    path = submitted(server)
    until(lambda: "SUCCESS" in server.get(path).body, "the end of a task", 0.05, PATIENCE)
    return path


def finished(server: Server, worker: Process) -> str:
    """Return the same of this worker, which is then stopped."""
    try:
        return ended(server)
    finally:
        worker.stop()

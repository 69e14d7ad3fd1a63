"""The endpoints of version 2 and version 1's uptime in Flask-RESTful, for any WSGI server."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from http import HTTPStatus
from typing import Any

from flask import Flask, request  # type: ignore[import-not-found]  # it lives in .venv-bench/
from flask_restful import Api, Resource, abort, reqparse  # type: ignore[import-not-found]
from kombu.exceptions import OperationalError  # type: ignore[import-not-found]
from redis.exceptions import RedisError

from benchmarks.classic.worker import ENVIRONMENT, PROGRAM, SEARCH_PATH, celery, iostat

TASK_LIMIT = 86400  # seconds that a task may take by its parameters
QUEUED = "QUEUED"  # stored at submission: Celery itself cannot tell a new task from an unknown one
UNKNOWN = "PENDING"
UPTIME = shutil.which("uptime", path=SEARCH_PATH)
FINAL = {"SUCCESS", "FAILURE", "REVOKED"}

Answer = tuple[Any, int] | tuple[Any, int, dict[str, str]]


def make_app() -> Flask:
    """Make the WSGI application."""
    app = Flask("classic")
    app.config["BUNDLE_ERRORS"] = True
    api = Api(app, catch_all_404s=True, errors={"OperationalError": _away(), "RedisError": _away()})
    api.add_resource(Uptime, "/v1/uptime/")
    api.add_resource(Iostat, "/v2/iostat/")
    api.add_resource(Task, "/v2/task/<task_id>")
    for error in (OperationalError, RedisError):
        app.register_error_handler(error, lambda _: (_away(), HTTPStatus.SERVICE_UNAVAILABLE))
    return app


def _away() -> dict[str, Any]:
    return {"message": "Tasks are not available", "status": int(HTTPStatus.SERVICE_UNAVAILABLE)}


def whole_number(text: str) -> int:
    """Return a whole number of at least 1 in ASCII digits."""
    if not re.fullmatch("[0-9]+", text) or int(text) < 1:
        raise ValueError("not a whole number of at least 1")
    return int(text)


PARSER = reqparse.RequestParser()
PARSER.add_argument("count", type=whole_number, default=1, location="values")
PARSER.add_argument("wait", type=whole_number, default=1, location="values")


class Uptime(Resource):  # type: ignore[misc]  # no types from there
    """Runs uptime for each request."""

    def get(self) -> dict[str, str]:
        """Return what it prints."""
        if UPTIME is None:
            abort(HTTPStatus.NOT_IMPLEMENTED, message="uptime is missing: install procps")
        done = subprocess.run(  # noqa: S603 - our own words
            [str(UPTIME)], capture_output=True, text=True, timeout=10, env=ENVIRONMENT, check=True
        )
        return {"uptime": done.stdout.strip()}


class Iostat(Resource):  # type: ignore[misc]  # likewise
    """Starts tasks."""

    def post(self) -> Answer:
        """Queue a run and say where it is to be found."""
        params = _params()
        if PROGRAM is None:
            abort(HTTPStatus.NOT_IMPLEMENTED, message="iostat is missing: install sysstat")
        task_id = str(uuid.uuid4())
        celery.backend.store_result(task_id, None, QUEUED)
        iostat.apply_async(kwargs=params, task_id=task_id)
        path = f"/v2/task/{task_id}"
        body = {"task_id": task_id, "links": [{"rel": "task", "href": path}]}
        return body, HTTPStatus.CREATED, {"Location": path}

    def get(self) -> Answer:
        """Return the same."""
        return self.post()

    def head(self) -> Answer:
        """HEAD starts nothing."""
        return None, HTTPStatus.METHOD_NOT_ALLOWED


def _params() -> dict[str, int]:
    given: dict[str, int] = PARSER.parse_args()
    # Not parse_args(strict=True): it wants a JSON body, and Flask refuses that one is absent.
    if not set(request.values) <= set(given):
        abort(HTTPStatus.BAD_REQUEST, message="unknown parameters")
    if any(len(request.values.getlist(name)) > 1 for name in given):
        abort(HTTPStatus.BAD_REQUEST, message="given more than once")
    if given["count"] == 1 and given["wait"] != 1:
        abort(HTTPStatus.BAD_REQUEST, message="a single report has nothing to wait for")
    if given["wait"] * (given["count"] - 1) > TASK_LIMIT:
        abort(HTTPStatus.BAD_REQUEST, message="it would take too long")
    return given


class Task(Resource):  # type: ignore[misc]  # likewise
    """Shows and ends tasks."""

    def get(self, task_id: str) -> dict[str, Any]:
        """Return the task's state, and its result or error once it has one."""
        result = celery.AsyncResult(task_id)
        state = _state(result)
        path = f"/v2/task/{task_id}"
        fields: dict[str, Any] = {"task_id": task_id, "state": state}
        links = [{"rel": "self", "href": path}]
        if state == "SUCCESS":
            fields["result"] = result.result
        elif state == "FAILURE":
            fields["result"] = str(result.result)
        elif state not in FINAL:
            links.append({"rel": "cancel", "method": "DELETE", "href": path})
        return fields | {"links": links}

    def delete(self, task_id: str) -> Answer:
        """End the task, or remove what is left of it."""
        result = celery.AsyncResult(task_id)
        if _state(result) in FINAL:
            result.forget()
        else:
            celery.control.revoke(task_id, terminate=True)
            celery.backend.mark_as_revoked(task_id)
        return "", HTTPStatus.NO_CONTENT


def _state(result: Any) -> str:
    state: str = result.state
    if state == UNKNOWN:
        abort(HTTPStatus.NOT_FOUND, message="There is no such task, or its record has expired")
    return state

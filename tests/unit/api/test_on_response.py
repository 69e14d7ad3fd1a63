"""What is reported of each request once it is answered, and the id that its log lines have."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.environ_keys import REQUEST_ID
from sysmon_core.api.wsgi.deferred import Deferred
from sysmon_core.api.wsgi.outermost import Outermost
from tests.conftest import LogLines

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger("sysmon_core.test")

Seen = tuple[str, str, float]


def silent(_environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
    """Begin no answer, which no server will let pass."""
    return []


def failing(_environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
    raise ValueError("no water")


def call(app: WSGIApplication, path: str = "/") -> list[Seen]:
    """What is told of one request: its id, the status, the seconds."""
    told: list[Seen] = []

    def on_response(environ: WSGIEnvironment, status: str, seconds: float) -> None:
        told.append((environ[REQUEST_ID], status, seconds))
        logger.info("seen")

    environ = Request.blank("/", headers={"X-Request-Id": "request-1"}).environ
    environ["PATH_INFO"] = path
    Outermost(app, [], on_response=on_response)(environ, lambda *_: lambda _data: None)
    return told


@pytest.mark.parametrize(
    ("app", "path", "status"),
    [
        pytest.param(Response("come in"), "/", "200", id="answered"),
        pytest.param(Response(status="404 Not Found"), "/x", "404", id="not found"),
        pytest.param(failing, "/", "500", id="failed"),
        pytest.param(failing, "/\xff", "400", id="refused at the door"),
        pytest.param(silent, "/", "500", id="not answered"),
    ],
)
def test_each_request_is_told_of_once_with_its_status_and_its_time(
    app: WSGIApplication, path: str, status: str
) -> None:
    before = time.perf_counter()
    ((request_id, told, seconds),) = call(app, path)
    assert (request_id, told) == ("request-1", status)
    assert 0 <= seconds <= time.perf_counter() - before


def test_the_time_is_what_it_took_to_begin_the_answer() -> None:
    def slow(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        time.sleep(0.05)
        return Response("at last")(environ, start)  # type: ignore[no-any-return]  # WebOb has no types

    ((_, _, seconds),) = call(slow)
    assert seconds >= 0.05


def test_each_line_of_a_request_has_its_id_and_no_later_one_has(log_lines: LogLines) -> None:
    def talking(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        logger.info("inside")
        return Response("come in")(environ, start)  # type: ignore[no-any-return]  # likewise

    call(talking)
    logger.info("after")
    ids = {line["message"]: line.get("request_id") for line in log_lines()}
    assert ids == {"inside": "request-1", "seen": "request-1", "after": None}


def test_what_is_deferred_is_told_of_once_it_is_made(log_lines: LogLines) -> None:
    answers = iter([Response("come in"), failing])

    def later(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        logger.info("made")
        body: Iterable[bytes] = next(answers)(environ, start)
        return body

    def deferring(environ: WSGIEnvironment, start: StartResponse) -> Deferred:
        return Deferred(ThreadPoolExecutor(), lambda: later(environ, start))

    told: list[str] = []
    door = Outermost(
        deferring, [], on_response=lambda _environ, status, _seconds: told.append(status)
    )
    for statuses in (["200"], ["200", "500"]):
        environ = Request.blank("/", headers={"X-Request-Id": "request-1"}).environ
        body = door(environ, lambda *_: lambda _data: None)
        assert isinstance(body, Deferred)
        assert told == statuses[:-1]
        list(body)
        assert told == statuses
    made = [line["request_id"] for line in log_lines() if line["message"] == "made"]
    assert made == ["request-1"] * 2

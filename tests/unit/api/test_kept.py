"""The cache of answers by itself: what it gives again, and what it never does."""

from __future__ import annotations

import itertools
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.environ_keys import REPORT, ROUTE
from sysmon_core.api.wsgi.deferred import Deferred
from sysmon_core.api.wsgi.response_cache import MOST, ResponseCache, mark_cacheable
from sysmon_core.metrics.report import Report
from sysmon_core.services.report_cache import CachedReport

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

HOUR = 3600


class Sea:
    """An application that numbers its answers, and tells a reading as old as it is set to."""

    def __init__(self) -> None:
        self.age: float | None = 0.0
        self._numbers = itertools.count(1)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environ[ROUTE] = "/route/"
        parts = [b"number ", str(next(self._numbers)).encode()]
        response = Response(app_iter=parts, status="203 Of the sea")
        if self.age is not None:
            environ[REPORT] = CachedReport(Report(""), time.monotonic() - self.age, HOUR)
        body: Iterable[bytes] = response(environ, start)
        return body


@pytest.fixture
def sea() -> Sea:
    return Sea()


@pytest.fixture
def kept(sea: Sea) -> ResponseCache:
    return ResponseCache(sea)


def ask(kept: ResponseCache, path: str = "/", **environ: Any) -> Response:
    request = Request.blank(path)
    request.environ |= environ
    answer = request.get_response(kept)
    assert request.environ[ROUTE] == "/route/"
    return answer


def test_an_answer_is_given_again_as_it_was_but_for_its_age(kept: ResponseCache, sea: Sea) -> None:
    sea.age = 10
    answers = [ask(kept) for _ in range(3)]
    assert {(one.status, one.text) for one in answers} == {("203 Of the sea", "number 1")}
    for one in answers:
        assert one.headers.pop("Age") in {"11", "12"}  # rounded up, on a busy machine too
    assert answers[0].headerlist == answers[1].headerlist == answers[2].headerlist


def test_it_is_not_when_its_time_is_over(kept: ResponseCache, sea: Sea) -> None:
    sea.age = HOUR
    assert [ask(kept).text for _ in range(3)] == ["number 1", "number 2", "number 3"]
    sea.age = 0
    assert [ask(kept).text for _ in range(3)] == ["number 4"] * 3


def test_an_answer_that_tells_no_reading_passes(kept: ResponseCache, sea: Sea) -> None:
    sea.age = None
    answers = [ask(kept) for _ in range(3)]
    assert [one.text for one in answers] == ["number 1", "number 2", "number 3"]
    assert not [one for one in answers if "Age" in one.headers]


@pytest.mark.parametrize(
    "other",
    [
        {"REQUEST_METHOD": "HEAD"},
        {"SCRIPT_NAME": "/mon"},
        {"PATH_INFO": "/other"},
        {"QUERY_STRING": "depth=2"},
        {"HTTP_ACCEPT": "text/plain"},
    ],
)
def test_what_an_answer_hangs_on_makes_it_another(
    other: dict[str, str], kept: ResponseCache
) -> None:
    assert ask(kept).text == "number 1"
    ask(kept, **other)
    assert ask(kept, HTTP_ACCEPT="x/y").text == "number 3"
    assert ask(kept).text == "number 1"


def test_what_it_does_not_hang_on_does_not(kept: ResponseCache) -> None:
    for name in ("ann", "bob"):
        assert ask(kept, HTTP_AUTHORIZATION=name, REMOTE_ADDR=name).text == "number 1"


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
def test_only_what_get_gives_is_kept(method: str, kept: ResponseCache, sea: Sea) -> None:
    for _ in range(2):
        ask(kept, REQUEST_METHOD=method)
    assert ask(kept).text == "number 3"


def test_when_too_many_are_kept_they_are_made_anew(kept: ResponseCache) -> None:
    assert ask(kept, "/first").text == "number 1"
    for number in range(MOST - 1):
        ask(kept, f"/{number}")
    assert ask(kept, "/first").text == "number 1"
    ask(kept, "/last")
    assert ask(kept, "/first").text == f"number {MOST + 2}"


def test_what_is_deferred_is_kept_once_it_is_made(sea: Sea) -> None:
    def later(environ: WSGIEnvironment, start: StartResponse) -> Deferred:
        return Deferred(ThreadPoolExecutor(), lambda: sea(environ, start))

    kept = ResponseCache(later)
    assert isinstance(kept(Request.blank("/").environ, lambda *_: lambda _data: None), Deferred)
    assert ask(kept).text == "number 1"
    assert ask(kept).text == "number 1"
    assert kept(Request.blank("/").environ, lambda *_: lambda _data: None) == [b"number 1"]


def test_an_answer_that_is_begun_anew_is_so_for_the_server_too() -> None:
    def failing_late(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        try:
            raise ValueError("no water")
        except ValueError:
            start("500 Internal Server Error", [("X-Other", "")], sys.exc_info())
        return [b"no water"]

    begun: list[Any] = []

    def start(*told: Any) -> Any:
        begun.append(told)

    assert list(ResponseCache(failing_late)(Request.blank("/").environ, start)) == [b"no water"]
    assert begun[0] == ("200 OK", [], None)
    assert begun[1][:2] == ("500 Internal Server Error", [("X-Other", "")])
    assert begun[1][2][0] is ValueError


@pytest.mark.parametrize(
    ("private", "told"), [(True, "private, max-age=3600"), (False, "max-age=3600")]
)
def test_how_long_an_answer_may_be_shown_is_told(private: bool, told: str) -> None:
    request, report = Request.blank("/"), CachedReport(Report(""), 0, HOUR)
    request.response = Response()
    mark_cacheable(request, report, private=private)
    assert request.response.headers["Cache-Control"] == told
    assert request.environ[REPORT] is report

"""The response cache by itself: what it repeats, and what it never does."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.declarations import Endpoint, Resource
from sysmon_core.api.framework.environ_keys import GRANT, REPORT, ROUTE
from sysmon_core.api.framework.permissions import ADMIN, PUBLIC
from sysmon_core.api.wsgi.response_cache import MAX_RESPONSES, ResponseCache, mark_cacheable
from sysmon_core.metrics.report import Report
from sysmon_core.services.grants import Grant
from sysmon_core.services.report_cache import CachedReport
from sysmon_core.services.users import Account
from tests.support.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HOUR = 3600


def resource(path: str, permission: str = PUBLIC, *, cached: bool = True) -> Resource:
    endpoint = Endpoint(view=str, permission=permission, summary="", answers={}, cached=cached)
    return Resource(name=path, path=path, endpoints={"GET": endpoint}, parts={})


RESOURCES = [
    *(resource("/"), resource("/other"), resource("/admin", ADMIN)),
    resource("/plain", cached=False),
]


class Sea:
    """An application that numbers its answers; each shows a report of the age it is set to."""

    def __init__(self, clock: Clock) -> None:
        self.age: float | None = 0.0
        self._clock = clock
        self._numbers = itertools.count(1)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environ[ROUTE] = "/route/"
        parts = [b"number ", str(next(self._numbers)).encode()]
        response = Response(app_iter=parts, status="203 Of the sea")
        if self.age is not None:
            environ[REPORT] = CachedReport(Report(""), self._clock() - self.age, HOUR)
        body: Iterable[bytes] = response(environ, start)
        return body


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sea(clock: Clock) -> Sea:
    return Sea(clock)


@pytest.fixture
def cache(clock: Clock) -> ResponseCache:
    return ResponseCache(RESOURCES, clock)


@pytest.fixture
def app(cache: ResponseCache, sea: Sea) -> WSGIApplication:
    return cache.lookup(cache.lookup_or_fill(sea))


def ask(app: WSGIApplication, path: str = "/", **environ: Any) -> Response:
    request = Request.blank(path)
    request.environ |= environ
    answer = request.get_response(app)
    assert request.environ[ROUTE] == "/route/"
    return answer


def test_a_response_is_repeated_as_it_was_but_for_its_age(
    app: WSGIApplication, sea: Sea, clock: Clock
) -> None:
    sea.age = 10
    answers = []
    for _ in range(3):
        answers.append(ask(app))
        clock.now += 0.75
    assert {(one.status, one.text) for one in answers} == {("203 Of the sea", "number 1")}
    assert [one.headers.getall("Age") for one in answers] == [["10"], ["11"], ["12"]]
    for one in answers:
        del one.headers["Age"]
    assert answers[0].headerlist == answers[1].headerlist == answers[2].headerlist


def test_it_is_not_when_its_lifetime_is_over(app: WSGIApplication, clock: Clock) -> None:
    assert ask(app).text == "number 1"
    clock.now += HOUR - 0.25
    assert ask(app).text == "number 1"
    clock.now += 0.25
    assert [ask(app).text for _ in range(3)] == ["number 2"] * 3


def test_what_others_made_while_a_request_waited_is_not_made_again(
    cache: ResponseCache, sea: Sea
) -> None:
    inside = cache.lookup_or_fill(sea)

    def queue(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        ask(inside)  # of another client, whose turn comes first
        return inside(environ, start)

    answer = ask(cache.lookup(queue))
    assert answer.text == "number 1"
    assert answer.headers.getall("Age") == ["0"]


def test_a_response_that_shows_no_cached_report_passes(app: WSGIApplication, sea: Sea) -> None:
    sea.age = None
    answers = [ask(app) for _ in range(3)]
    assert [one.text for one in answers] == ["number 1", "number 2", "number 3"]
    assert not [one for one in answers if "Age" in one.headers]


@pytest.mark.parametrize("path", ["/plain", "/unknown"])
def test_what_is_not_declared_so_is_not_cached(path: str, app: WSGIApplication) -> None:
    assert [ask(app, path).text for _ in range(2)] == ["number 1", "number 2"]


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
def test_what_a_response_depends_on_makes_it_another(
    other: dict[str, str], app: WSGIApplication
) -> None:
    assert ask(app).text == "number 1"
    ask(app, **other)
    assert ask(app, HTTP_ACCEPT="x/y").text == "number 3"
    assert ask(app).text == "number 1"


def test_who_asks_makes_no_difference_where_all_may(app: WSGIApplication) -> None:
    for name in ("ann", "bob"):
        assert ask(app, HTTP_AUTHORIZATION=name, REMOTE_ADDR=name).text == "number 1"


def test_a_caller_without_the_permission_gets_nothing_that_is_cached(app: WSGIApplication) -> None:
    root, bob = (Grant(Account(name, "", admin=name == "root")) for name in ("root", "bob"))
    assert ask(app, "/admin", **{GRANT: root}).text == "number 1"
    assert ask(app, "/admin", **{GRANT: bob}).text == "number 2"
    assert ask(app, "/admin").text == "number 3"
    assert ask(app, "/admin", **{GRANT: root}).text == "number 1"


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
def test_only_what_get_gives_is_cached(method: str, app: WSGIApplication) -> None:
    for _ in range(2):
        answer = ask(app, REQUEST_METHOD=method)
        assert answer.headers["Age"] == "0"
    assert ask(app).text == "number 3"


def test_of_too_many_the_one_least_used_is_made_anew(app: WSGIApplication) -> None:
    for path in ("/?first", "/?second"):
        ask(app, path)
    for number in range(MAX_RESPONSES - 2):
        ask(app, f"/?{number}")
    assert ask(app, "/?first").text == "number 1"
    ask(app, "/?last")
    assert ask(app, "/?first").text == "number 1"
    assert ask(app, "/?second").text == f"number {MAX_RESPONSES + 2}"


def test_a_response_that_is_begun_anew_is_so_for_the_server_too(cache: ResponseCache) -> None:
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

    assert list(cache.lookup_or_fill(failing_late)(Request.blank("/").environ, start)) == [
        b"no water"
    ]
    assert begun[0] == ("200 OK", [], None)
    assert begun[1][:2] == ("500 Internal Server Error", [("X-Other", "")])
    assert begun[1][2][0] is ValueError


@pytest.mark.parametrize(
    ("private", "told"), [(True, "private, max-age=3600"), (False, "max-age=3600")]
)
def test_how_long_a_response_may_be_shown_is_told(private: bool, told: str) -> None:
    request, report = Request.blank("/"), CachedReport(Report(""), 0, HOUR)
    request.response = Response()
    mark_cacheable(request, report, private=private)
    assert request.response.headers["Cache-Control"] == told
    assert request.environ[REPORT] is report

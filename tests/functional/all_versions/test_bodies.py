"""Bodies, media types and encodings in every version."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.functional.answers import FORM, JSON, Serve, ask, is_empty, problem, send

NOT_JSON = [b"{", b" ", b'{"count": 2}x', b"[]", b"null", b"2", b'"count"', b"count=2", b"\xff"]
NOT_JSON += [b'{"count": NaN}', b'{"count": Infinity}', b"[" * 5000, b'{"count":' * 5000]
NOT_A_FORM = [b"count=%ff", b"count=\xff", b"%c0%ae=1"]


def test_a_body_that_does_not_match_its_media_type_is_a_400(app: TestApp) -> None:
    for body in NOT_JSON:
        problem(send(app, body, JSON), 400)
    for body in NOT_A_FORM:
        problem(send(app, body, FORM), 400)


@pytest.mark.parametrize(
    "kind",
    [
        *(None, "", "json", "text/plain", "application/xml", "application/vnd.api+json"),
        *("multipart/form-data; boundary=x", "application/json, text/plain"),
    ],
)
def test_a_body_of_an_unsupported_type_or_of_none_is_a_415(app: TestApp, kind: str | None) -> None:
    problem(send(app, b'{"count": 2}', kind), 415)


@pytest.mark.parametrize(
    "kind", [JSON, f"{JSON}; charset=utf-8", f'{JSON};charset="UTF-8"', "Application/JSON"]
)
def test_a_supported_type_is_known_however_it_is_written(app: TestApp, kind: str) -> None:
    assert send(app, b'{"count": 2}', kind).status_int == 201


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(serve: Serve) -> None:
    app = serve(body_limit=100)
    assert send(app, b"{}".ljust(100), JSON).status_int == 201
    for kind in (JSON, FORM, "text/plain", None):
        assert "100" in problem(send(app, b"{}".ljust(101), kind), 413)


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*, text/*;q=0.5"])
def test_an_accept_that_json_cannot_satisfy_is_a_406_and_starts_nothing(
    app: TestApp, redis_url: str, accept: str
) -> None:
    paths = ["/v1/", "/v1/uptime/", "/v1/iostat/", "/v2/", "/v2/uptime/", "/v2/iostat/"]
    for path in [*paths, "/v2/task/none", "/v3/"]:
        problem(ask(app, "GET", path, headers={"Accept": accept}), 406)
    problem(ask(app, "POST", "/v2/iostat/", headers={"Accept": accept}), 406)
    assert is_empty(redis_url)


@pytest.mark.parametrize(
    "accept",
    [
        *("*/*", "application/*", JSON, f"text/html, {JSON};q=0.1", "text/html, */*;q=0.1"),
        f"{JSON}; charset=utf-8",  # clients in .NET and Java
    ],
)
def test_an_accept_that_json_satisfies_is_no_obstacle(app: TestApp, accept: str) -> None:
    for path in ("/v1/uptime/", "/v2/iostat/"):
        assert ask(app, "GET", path, headers={"Accept": accept}).status_int in {200, 201}


def test_each_problem_has_an_instance_of_its_own(app: TestApp) -> None:
    told = [ask(app, "GET", "/none").json["instance"] for _ in range(3)]
    assert len(set(told)) == 3


@pytest.mark.parametrize(
    "unreadable", ["%ff", "%c0%ae", "%ed%a0%80", "%00", "%0a", "%0d%0aA:b", "%1b", "%7f"]
)
def test_a_path_or_query_with_broken_utf_8_or_control_characters_is_a_400(
    app: TestApp, unreadable: str
) -> None:
    for path in ("/", "/v1/", "/v1/uptime/", "/v2/task/", "/v3/"):
        problem(ask(app, "GET", path + unreadable), 400)
    for query in (f"?{unreadable}", f"?count={unreadable}", f"?count=4{unreadable}"):
        for path in ("/v1", "/v1/iostat/", "/v2/iostat/", "/v2/task/none", "/none"):
            problem(ask(app, "GET", path + query), 400)

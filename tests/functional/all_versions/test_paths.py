"""Paths, methods and redirects in every version."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.functional.answers import JSON, ask, problem

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def test_the_root_links_to_each_version_in_order(app: TestApp) -> None:
    links = [{"rel": name, "href": f"/{name}/"} for name in ("v1", "v2", "v3", "v4")]
    assert app.get("/").json == {"links": links}


@pytest.mark.parametrize(
    "path", ["/", "/v1/", "/v1/uptime/", "/v1/iostat/?count=2", "/v2/", "/v2/uptime/", "/v3/"]
)
def test_head_is_answered_with_an_empty_body_where_get_is(app: TestApp, path: str) -> None:
    shown, headed = app.get(path), app.head(path)
    assert shown.headers["Content-Type"] == headed.headers["Content-Type"] == JSON
    assert (headed.status_int, headed.body) == (200, b"")
    assert headed.headers["Content-Length"] == str(len(shown.body))


@pytest.mark.parametrize(
    ("path", "status"),
    [("/none", 404), ("/v1/iostat/?count=0", 400), ("/v2/iostat/", 405), ("/v2/task/none", 404)],
)
def test_head_is_refused_with_the_headers_of_a_problem_alone(
    app: TestApp, path: str, status: int
) -> None:
    answer = app.head(path, status=status)
    assert (answer.headers["Content-Type"], answer.body) == ("application/problem+json", b"")


@pytest.mark.parametrize(
    "path", ["/v1", "/v2", "/v1/uptime", "/v1/iostat", "/v2/uptime", "/v2/iostat"]
)
def test_a_collection_without_its_slash_redirects_and_keeps_the_query(
    app: TestApp, path: str
) -> None:
    for query in ("", "?count=2&wait=1", "?a=%20b&c=%2F%C3%A9&&d=1+2&a"):
        for method in METHODS:
            answer = ask(app, method, path + query, headers={"Host": "10.9.8.7"})
            assert answer.status_int == (301 if method in {"GET", "HEAD"} else 308), method
            assert answer.headers["Location"] == f"{path}/{query}"


def test_the_index_of_version_3_redirects_like_any_other(app: TestApp) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(app, method, "/v3?a=1", status=301)
        assert answer.headers["Location"] == "/v3/?a=1"


UNKNOWN = ["/none", "/v0/", "/V1/", "//v1", "/v1/none/", "/v1/none", "/v1/Uptime/", "/v1/uptime/x"]
UNKNOWN += ["/v1//", "/v1/users/", "/v1/task/x", "/v1/%C3%A9", "/v1/../v2/", "/v2/none/"]
UNKNOWN += ["/v2/users/", "/v2/task", "/v2/task/", "/v2/task/x/", "/v2/task/a%2Fb"]


def test_an_unknown_path_is_a_404_for_every_method(app: TestApp, subtests: pytest.Subtests) -> None:
    for path in UNKNOWN:
        with subtests.test(path):
            assert app.head(path, expect_errors=True).status_int == 404
            for method in set(METHODS) - {"HEAD"}:
                problem(ask(app, method, path), 404)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        *((path, {"GET", "HEAD"}) for path in ("/", "/v1/", "/v1/uptime/", "/v1/iostat/")),
        *((path, {"GET", "HEAD"}) for path in ("/v2/", "/v2/uptime/")),
        ("/v2/iostat/", {"GET", "POST"}),
        ("/v2/task/none", {"GET", "HEAD", "DELETE"}),
    ],
)
def test_a_wrong_method_is_a_405_that_lists_the_right_ones(
    app: TestApp, path: str, allowed: set[str]
) -> None:
    for method in set(METHODS) - allowed:
        answer = ask(app, method, path, status=405)
        assert sorted(answer.headers["Allow"].split(", ")) == sorted(allowed)
        if method != "HEAD":
            problem(answer, 405)

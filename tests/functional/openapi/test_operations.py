"""The API document: valid, and its operations those that there are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pyramid.interfaces import IRoutesMapper
from webtest import TestApp

from sysmon_core.api.framework.errors import STATUS
from tests.conftest import MakeApp, MakeSettings
from tests.functional.openapi.conftest import operations

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
PAGES = ("/docs/", "/ui/")  # what people look at, and what that loads, is no part of the API


def sample(path: str) -> str:
    return re.sub(r"\{\w+\}", "none", path)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_each_route_is_described_and_each_description_has_a_route(
    app: TestApp, document: dict[str, Any]
) -> None:
    routes = app.app.app.app.app.app.app.app.app.registry.getUtility(IRoutesMapper).get_routes()
    paths = {route.pattern for route in routes if not route.pattern.startswith(PAGES)}
    assert set(document["paths"]) == paths


def test_each_path_allows_the_methods_that_are_described_and_no_other(
    make_testapp: MakeApp, make_settings: MakeSettings, add_user: Any
) -> None:
    app = make_testapp(make_settings())
    app.authorization = add_user("root", "p", admin=True)
    document = app.get("/openapi.json").json
    for path, item in document["paths"].items():
        described = {method.upper() for method in item}
        wrong = min(METHODS - described - {"HEAD"})
        allowed = app.request(sample(path), method=wrong, status=405).headers["Allow"]
        starts_a_task = "201" in item.get("get", {"responses": {}})["responses"]
        reads = "GET" in described and not starts_a_task
        assert set(allowed.split(", ")) == described | ({"HEAD"} if reads else set())


def test_each_operation_has_an_id_of_its_own(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(set(ids)) == len(ids)
    assert {"root.get", "v1.metric.uptime.get", "v2.metric.iostat.post", "v3.user.patch"} <= {*ids}


def test_each_operation_belongs_to_its_version(document: dict[str, Any]) -> None:
    known = [tag["name"] for tag in document["tags"]]
    assert known == ["sysmon", "v1", "v2", "v3", "v4"]
    for (_, path), operation in operations(document).items():
        version = path.split("/")[1]
        expected = "v4" if version == "session" else version
        assert operation["tags"] == [expected if expected in known else "sysmon"]
        assert operation["summary"]


STATUSES = {
    ("GET", "/"): {200, 303},
    ("GET", "/v1/uptime/"): {200, 501, 502, 504},
    ("GET", "/v1/iostat/"): {200, 501, 502, 503, 504},
    ("GET", "/v2/iostat/"): {201, 403, 429, 501, 502, 503},
    ("POST", "/v2/iostat/"): {201, 403, 413, 415, 429, 501, 502, 503},
    ("GET", "/v2/task/{task_id}"): {200, 404, 503},
    ("DELETE", "/v2/task/{task_id}"): {204, 403, 404, 503},
    ("GET", "/v3/"): {200},
    ("GET", "/metrics"): {200},
    ("GET", "/v3/uptime/"): {200, 401, 403, 429, 501, 502, 503, 504},
    ("DELETE", "/v3/task/{task_id}"): {204, 401, 403, 404, 429, 503},
    ("GET", "/v3/users/"): {200, 401, 403, 429, 503},
    ("POST", "/v3/users/"): {201, 401, 403, 409, 413, 415, 429, 503},
    ("GET", "/v3/users/{username}"): {200, 401, 403, 404, 429, 503},
    ("PUT", "/v3/users/{username}"): {200, 201, 401, 403, 409, 413, 415, 429, 503},
    ("PATCH", "/v3/users/{username}"): {200, 401, 403, 404, 409, 413, 415, 429, 503},
    ("DELETE", "/v3/users/{username}"): {204, 401, 403, 404, 409, 429, 503},
}


@pytest.mark.parametrize(("method", "path"), STATUSES)
def test_every_status_of_the_contract_is_described(
    document: dict[str, Any], method: str, path: str
) -> None:
    responses = operations(document)[method, path]["responses"]
    everywhere = {400, 405, 406, 421, 500}
    assert {int(status) for status in responses} == STATUSES[method, path] | everywhere
    assert all(response["description"] for response in responses.values())


def test_every_status_of_an_error_is_described_somewhere(document: dict[str, Any]) -> None:
    told = {status for each in operations(document).values() for status in each["responses"]}
    assert {str(status) for status in STATUS.values()} <= told


NEWER = ("/v4/", "/session", "/problems/")  # test_version_4.py holds these
HEADERS = {
    "201": {"Location"},
    "303": {"Location"},
    "401": {"WWW-Authenticate"},
    "405": {"Allow"},
    "429": {"Retry-After"},
    "503": {"Retry-After"},
}


def test_each_answer_has_its_headers_and_each_error_is_a_problem(document: dict[str, Any]) -> None:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for (_, path), operation in operations(document).items():
        if path.startswith(NEWER):
            continue
        for status, response in operation["responses"].items():
            assert set(response["headers"]) == {"X-Request-Id"} | HEADERS.get(status, set())
            if status >= "400":
                assert response["content"] == {"application/problem+json": problem}

"""Problems: their type and name by the version of the path, and the challenges of a 401."""

from __future__ import annotations

from typing import Any

import pytest

from sysmon_core import errors
from sysmon_core.api.framework.challenges import challenges
from sysmon_core.api.framework.environ_keys import REQUEST_ID
from sysmon_core.api.framework.errors import of_error, unauthorized
from sysmon_core.api.framework.problems import problem
from tests.unit.api.wsgi_applications import PROXY, call, echo, failing

OLD = [
    "/",
    "/v1/",
    "/v2",
    "/v3/users/",
    "/v4x/",
    "/v40/",
    "/av4/",
    "/livez",
    "/v/",
    "/problems/v4/",
]
NEW = ["/v4", "/v4/", "/v4/tasks/x"]
BASIC = ("WWW-Authenticate", 'Basic realm="sysmon", charset="UTF-8"')
BEARER = ("WWW-Authenticate", 'Bearer realm="sysmon"')


def environ(path: str, **more: str) -> dict[str, Any]:
    return {"PATH_INFO": path, REQUEST_ID: "one", **more}


@pytest.mark.parametrize("path", OLD)
def test_elsewhere_a_problem_says_nothing_beyond_the_status(path: str) -> None:
    told = of_error(environ(path), errors.MetricFailed("no water")).json
    assert told == {
        "type": "about:blank",
        "title": "Bad Gateway",
        "status": 502,
        "detail": "no water",
        "instance": "one",
    }


@pytest.mark.parametrize("path", NEW)
def test_in_version_4_a_problem_has_the_name_of_its_exception(path: str) -> None:
    told = of_error(environ(path), errors.MetricFailed("no water")).json
    assert (told["type"], told["code"]) == ("/problems/metric-failed", "metric-failed")
    assert (told["detail"], told["instance"]) == ("no water", "one")


@pytest.mark.parametrize(
    ("status", "name"), [(404, "not-found"), (413, "body-too-large"), (410, "bad-request")]
)
def test_or_that_of_its_status(status: int, name: str) -> None:
    told = problem(environ("/v4/", SCRIPT_NAME="/m\xc3\xb6n"), status, "no").json
    assert (told["type"], told["code"]) == (f"/m%C3%B6n/problems/{name}", name)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(errors.InvalidInput, "invalid-input"), (errors.CrossSite, "cross-site")],
)
def test_a_name_is_the_class_in_kebab_case(kind: type[errors.SysmonError], name: str) -> None:
    assert errors.code_of(kind) == name


@pytest.mark.parametrize("path", OLD)
def test_elsewhere_basic_alone_is_asked_for(path: str) -> None:
    assert challenges(environ(path, HTTP_COOKIE="sysmon_session=x")) == [BASIC]


@pytest.mark.parametrize("cookie", ["", "a=b", "my_sysmon_session=x", "a=sysmon_session"])
def test_in_version_4_both_schemes_are_asked_for(cookie: str) -> None:
    answer = unauthorized(environ("/v4/tasks/", HTTP_COOKIE=cookie))
    assert [one for one in answer.headerlist if one[0] == BASIC[0]] == [BASIC, BEARER]


@pytest.mark.parametrize("cookie", ["sysmon_session=x", "a=b; sysmon_session=", "sysmon_session=;"])
def test_a_page_is_never_asked_for_basic(cookie: str) -> None:
    assert challenges(environ("/v4/tasks/", HTTP_COOKIE=cookie)) == [BEARER]


@pytest.mark.parametrize(
    ("path", "more", "status", "name"),
    [
        ("/v4/\xff", {}, 400, "bad-request"),
        ("/v4/", {"HTTP_HOST": "evil.example"}, 421, "misdirected-request"),
    ],
)
def test_what_the_outermost_layer_refuses_is_named_too(
    path: str, more: dict[str, str], status: int, name: str
) -> None:
    told = call(echo, PATH_INFO=path, **more).json
    assert (told["status"], told["code"]) == (status, name)


def test_and_what_fails_inside() -> None:
    assert call(failing, PATH_INFO="/v4/").json["code"] == "internal-error"
    assert "code" not in call(failing, PATH_INFO="/v3/").json


def test_the_prefix_of_a_trusted_proxy_is_no_part_of_the_version() -> None:
    more = {"HTTP_X_FORWARDED_PREFIX": "/monitor", "HTTP_HOST": "evil.example"}
    told = call(echo, PATH_INFO="/monitor/v4/", REMOTE_ADDR=PROXY, **more).json
    assert told["type"] == "/monitor/problems/misdirected-request"

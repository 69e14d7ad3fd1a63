"""The pages that explain problems: one for each that there can be."""

from __future__ import annotations

import pytest
from webtest import TestApp

from sysmon_core import errors
from sysmon_core.api.framework.problems import NAMES
from tests.conftest import MakeApp, MakeSettings
from tests.functional.answers import JSON, problem

PROXIED = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_PREFIX": "/ops"}


def kinds(base: type[errors.SysmonError]) -> set[type[errors.SysmonError]]:
    return {base}.union(*(kinds(kind) for kind in base.__subclasses__()))


CODES = sorted({errors.code_of(kind) for kind in kinds(errors.SysmonError)} | {*NAMES.values()})


@pytest.fixture
def database_url() -> str:
    """SQLite alone: the pages do not know the users' database."""
    return ""


@pytest.fixture
def app(make_testapp: MakeApp, make_settings: MakeSettings) -> TestApp:
    return make_testapp(make_settings(versions="v3", trusted_proxies="192.0.2.1"))


def test_every_problem_that_can_be_has_a_page_of_its_own(app: TestApp) -> None:
    told = app.get("/problems/", headers={"Accept": JSON}).json["problems"]
    assert [one["code"] for one in told] == CODES
    assert len({one["meaning"] for one in told}) == len(CODES)
    for one in told:
        assert one["type"] == f"/problems/{one['code']}"
        assert app.get(one["type"], headers={"Accept": JSON}).json == one
        assert all(one[name].endswith(".") for name in ("meaning", "remedy")), one


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*", ""])
def test_people_get_a_page_without_scripts(app: TestApp, accept: str) -> None:
    answer = app.get("/problems/metric-failed", headers={"Accept": accept})
    assert answer.content_type == "text/html"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.html.h1.text == answer.html.title.text == "Metric failed"
    assert "502 Bad Gateway" in answer.html.text
    assert not answer.html.find_all(["script", "style", "link"])
    assert answer.headers["Vary"] == "Accept"


def test_the_list_leads_to_each_page_below_the_prefix(app: TestApp) -> None:
    answer = app.get("/problems/", extra_environ=PROXIED)
    links = [one["href"] for one in answer.html.find_all("a")]
    assert links == [f"/ops/problems/{code}" for code in CODES]
    page = app.get(links[0], extra_environ=PROXIED)
    assert [one["href"] for one in page.html.find_all("a")] == ["/ops/problems/"]
    told = app.get(links[0], extra_environ=PROXIED, headers={"Accept": JSON}).json
    assert told["type"] == links[0]


def test_what_stands_between_backticks_is_code(app: TestApp) -> None:
    page = app.get("/problems/metric-unavailable").html
    assert "detail" in {one.text for one in page.find_all("code")}
    assert "`" not in page.text


def test_other_names_are_not_found(app: TestApp) -> None:
    for name in ("none", "Metric-Failed", "%3Cscript%3E"):
        problem(app.get(f"/problems/{name}", status=404), 404)
    app.get("/problems/metric-failed", headers={"Accept": "image/png"}, status=406)

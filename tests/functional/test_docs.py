"""The API document for people: a page that is whole without any other host."""

from __future__ import annotations

import re
import sys
from urllib.parse import urljoin

import pytest
from webtest import TestApp

from tests.conftest import MakeApp, MakeSettings
from tests.functional.answers import ask, problem

PROXY = "192.0.2.1"
LINKS = re.compile(r'(?:src|href|data-document)="([^"]+)"')


@pytest.fixture
def app(make_testapp: MakeApp, make_settings: MakeSettings) -> TestApp:
    return make_testapp(make_settings(trusted_proxies=PROXY))


def test_the_page_and_all_that_it_loads_are_there(app: TestApp) -> None:
    page = app.get("/docs")
    assert page.content_type == "text/html"
    links = LINKS.findall(page.text)
    assert len(set(links)) == 5
    found = {link: app.get(urljoin("/docs", link)).content_type for link in links}
    assert found == {
        "/openapi.json": "application/json",
        "/docs/favicon-32x32.png": "image/png",
        "/docs/swagger-ui.css": "text/css",
        "/docs/swagger-ui-bundle.js": "text/javascript",
        "/docs/start.js": "text/javascript",
    }


@pytest.mark.parametrize("prefix", ["", "/ops/sysmon"])
def test_the_page_works_below_a_prefix(app: TestApp, prefix: str) -> None:
    environ = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_PREFIX": prefix}
    links = LINKS.findall(app.get("/docs", extra_environ=environ).text)
    assert links
    for link in links:
        assert link.startswith(f"{prefix}/")
        app.get(link, extra_environ=environ, status=200)


def test_nothing_is_loaded_from_another_host(app: TestApp) -> None:
    page = app.get("/docs")
    assert "//" not in page.text.replace("<!doctype html>", "")
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert {*policy.values()} <= {"'none'", "'self'", "'self' data:"}
    assert "validatorUrl: null" in app.get("/docs/start.js").text
    assert "://" not in app.get("/docs/start.js").text
    assert not re.findall(r"url\((?!['\"]?data:)|@import", app.get("/docs/swagger-ui.css").text)


def test_no_script_is_in_the_page_itself(app: TestApp) -> None:
    text = app.get("/docs").text
    assert re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL) == ["", ""]
    assert not re.findall(r"\son\w+=|javascript:|<style|\sstyle=", text)


@pytest.mark.parametrize(
    "path", ["index.html", "swagger-initializer.js", "swagger-ui.js.map", "..%2f__init__.py", ""]
)
def test_nothing_else_of_swagger_ui_is_served(app: TestApp, path: str) -> None:
    problem(ask(app, "GET", f"/docs/{path}"), 404)


def test_the_page_is_for_those_who_read_html(app: TestApp) -> None:
    problem(ask(app, "GET", "/docs", headers={"Accept": "application/json"}), 406)
    problem(ask(app, "POST", "/docs"), 405)
    app.head("/docs", status=200)
    app.get("/docs/swagger-ui.css", headers={"Accept": "text/css,*/*;q=0.1"}, status=200)


def test_without_the_extra_the_page_tells_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, make_testapp: MakeApp, make_settings: MakeSettings
) -> None:
    monkeypatch.setitem(sys.modules, "swagger_ui_bundle", None)  # as if it were not installed
    app = make_testapp(make_settings())
    for path in ("/docs", "/docs/swagger-ui.css", "/docs/start.js"):
        assert "pip install 'sysmon[docs]'" in problem(ask(app, "GET", path), 501)
    app.get("/openapi.json", status=200)

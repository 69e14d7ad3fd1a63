"""What all pages have in common: headers, files, problems."""

from __future__ import annotations

import gzip
import re

import pytest
from pyramid.request import Request
from pyramid.response import Response
from webtest import TestApp

from sysmon_core import Metric
from tests.functional.ui.conftest import Visit

FILES = re.compile(r'(?:href|src)="(/ui/static/[^"]+)"')
POLICY = {
    *("default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'"),
    *("connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"),
}


@pytest.mark.parametrize("path", ["/ui/login", "/ui/", "/ui/none"])
def test_every_page_has_its_policy_and_nothing_inline(visit: Visit, path: str) -> None:
    answer = visit().get(path, status="*")
    assert set(answer.headers["Content-Security-Policy"].split("; ")) == POLICY
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", answer.text)
    assert not re.search(r"https?://", answer.text)


def test_pages_are_compressed_for_those_who_can_read_that(visit: Visit) -> None:
    app = visit()
    for path in ("/ui/login", *files(app)):
        packed, plain = sent(app, path, "gzip, br"), sent(app, path, "gzip;q=0")
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert gzip.decompress(packed.body) == plain.body


def sent(app: TestApp, path: str, encodings: str) -> Response:
    """The response as it is sent: WebTest would decompress it."""
    return Request.blank(path, headers={"Accept-Encoding": encodings}).get_response(app.app)


def files(app: TestApp) -> set[str]:
    return {path for page in ("/ui/", "/ui/tasks/") for path in FILES.findall(app.get(page).text)}


def test_files_are_cached_for_good_below_a_path_of_their_release(visit: Visit) -> None:
    app = visit()
    for path in files(app):
        answer = app.get(path)
        assert "immutable" in answer.headers["Cache-Control"]
    digest = re.compile("(?<=static/)[0-9a-f]+")
    older = app.get(digest.sub("000000000000", path))
    assert older.headers["Cache-Control"] == "no-store"
    app.get("/ui/static/000000000000/none.js", status=404)


def test_problems_are_pages_that_say_what_to_do(visit: Visit) -> None:
    app = visit()
    for path, status, sentence in (
        ("/ui/none", 404, "There is nothing at this path"),
        ("/ui/metrics/none", 404, "There is nothing at this path"),
        ("/ui/tasks/none", 404, "There is no such task"),
        ("/ui/tasks/?limit=many", 400, "limit"),
        ("/ui/tasks/?owner=root", 403, "This needs an admin"),
    ):
        answer = app.get(path, status=status)
        assert sentence in answer.html.main.text
        assert "`" not in answer.html.main.text  # what is code is marked as such
        assert answer.headers["X-Request-Id"] in answer.html.main.text


def test_a_metric_for_admins_is_shown_to_them_alone(visit: Visit) -> None:
    metric = Metric(name="deep", title="Deep", function=lambda *_: "", access="admins")
    visit("ann", metric).get("/ui/metrics/deep", status=403)
    assert "Deep" in visit("root", metric).get("/ui/metrics/deep").html.h1


def test_a_method_that_a_page_has_not_is_a_problem_of_a_page(visit: Visit) -> None:
    headers = {"Origin": "http://localhost:80"}
    assert visit().delete("/ui/", headers=headers, status=405).content_type == "text/html"


def test_behind_a_prefix_all_links_have_it(visit: Visit) -> None:
    app = visit(trusted_proxies=("192.0.2.1",))
    answer = app.get(
        "/ui/", headers={"X-Forwarded-Prefix": "/mon"}, extra_environ={"REMOTE_ADDR": "192.0.2.1"}
    )
    links = [one[name] for name in ("href", "src") for one in answer.html.find_all(**{name: True})]
    assert {link for link in links if not link.startswith(("/mon/ui/", "#"))} == set()

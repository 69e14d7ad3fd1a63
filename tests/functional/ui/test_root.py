"""The path ``/``: browsers are sent to the pages, all others get version 1's JSON as before."""

from __future__ import annotations

import pytest

from tests.conftest import MakeApp, MakeSettings
from tests.functional.ui.conftest import Visit

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
PROXY = "192.0.2.1"


@pytest.mark.parametrize("accept", [CHROME, "text/html", "text/html, application/json;q=0.1"])
def test_a_client_that_prefers_html_is_sent_to_the_pages(visit: Visit, accept: str) -> None:
    answer = visit(None).get("/", headers={"Accept": accept}, status=303)
    assert (answer.headers["Location"], answer.headers["Vary"]) == ("/ui/", "Accept")


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/json, text/html"])
def test_everybody_else_gets_the_versions(visit: Visit, accept: str | None) -> None:
    answer = visit(None).get("/", headers={"Accept": accept} if accept else {})
    assert [one["rel"] for one in answer.json["links"]] == ["v1", "v2", "v3", "v4"]
    assert answer.headers["Vary"] == "Accept"


def test_the_prefix_of_a_proxy_is_kept(visit: Visit) -> None:
    app = visit(None, trusted_proxies=(PROXY,))
    headers = {"Accept": "text/html", "X-Forwarded-Prefix": "/mon"}
    answer = app.get("/", headers=headers, extra_environ={"REMOTE_ADDR": PROXY}, status=303)
    assert answer.headers["Location"] == "/mon/ui/"


def test_without_version_4_there_are_no_pages(
    make_testapp: MakeApp, make_settings: MakeSettings, redis_url: str
) -> None:
    app = make_testapp(make_settings(redis_url=redis_url, versions="v1 v2 v3"))
    app.get("/", headers={"Accept": "text/html"}, status=406)
    assert app.get("/ui/", status=404).content_type == "application/problem+json"

"""The contract of all versions: links, redirects, refusals and bodies."""

from __future__ import annotations

import pytest

from tests.live.contract.conftest import FORM, JSON, Service, hold_to_rfc_9457

# All versions


def test_the_root_links_to_the_versions_in_order(service: Service) -> None:
    links = [{"rel": version, "href": f"/{version}/"} for version in ("v1", "v2", "v3", "v4")]
    assert service.get("/") == {"links": links}


@pytest.mark.parametrize("path", ["/v1", "/v2/uptime", "/v1/iostat", "/v3"])
def test_a_collection_without_its_slash_redirects(service: Service, path: str) -> None:
    for method, status in (("GET", 301), ("HEAD", 301), ("POST", 308), ("DELETE", 308)):
        answer = service.ask(method, f"{path}?a=%20b&c")
        assert (answer.status, answer.headers["Location"]) == (status, f"{path}/?a=%20b&c")


@pytest.mark.parametrize("path", ["/none", "/v0/", "/v1/none/", "/v2/task/none", "/v1/uptime/x"])
def test_an_unknown_path_is_a_404(service: Service, path: str) -> None:
    assert service.ask("GET", path).status == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "GET, HEAD"),
        ("/v1/uptime/", "GET, HEAD"),
        ("/v1/iostat/", "GET, HEAD"),
        ("/v2/iostat/", "GET, POST"),
        ("/v2/task/none", "DELETE, GET, HEAD"),
    ],
)
def test_a_wrong_method_is_a_405_with_allow(service: Service, path: str, allowed: str) -> None:
    answer = service.ask("PUT", path)
    assert answer.status == 405
    assert ", ".join(sorted(answer.headers["Allow"].split(", "))) == allowed


def test_a_body_that_does_not_match_its_media_type_is_refused(service: Service) -> None:
    for body, kind, status in (
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b"count=%ff", FORM, 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b" " * 70_000, JSON, 413),
    ):
        answer = service.ask("POST", "/v2/iostat/", body, content_type=kind)
        assert answer.status == status, (body[:20], kind)


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0"])
def test_an_accept_that_json_cannot_satisfy_is_a_406(service: Service, accept: str) -> None:
    assert service.ask("GET", "/v1/uptime/", accept=accept).status == 406


@pytest.mark.parametrize("path", ["/", "/v1/", "/v1/uptime/", "/v1/iostat/", "/v2/", "/v3/"])
def test_head_is_answered_where_get_is(service: Service, path: str) -> None:
    answer = service.ask("HEAD", path)
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, JSON, b"")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
    ],
)
def test_invalid_http_is_a_400_with_a_problem_or_no_body(service: Service, text: str) -> None:
    answer = service.raw(text)
    assert answer.status == 400
    if answer.body:
        hold_to_rfc_9457(answer)

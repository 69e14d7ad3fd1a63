"""Links below a prefix, and the host that a request names, in every version."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from webtest import TestApp

from tests.conftest import METRICS
from tests.functional.answers import OTHER_PROXY, PROXY, STRANGER, ask, problem


def mounted(app: TestApp, prefix: str) -> TestApp:
    def below(environ: dict[str, Any], start_response: Any) -> Any:
        return app.app(environ | {"SCRIPT_NAME": prefix}, start_response)

    return TestApp(below)


def proxied(app: TestApp, prefix: str, address: str = PROXY) -> TestApp:
    environ = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_PREFIX": prefix}
    return TestApp(app.app, extra_environ=environ)


def hold_to_prefix(app: TestApp, prefix: str) -> None:
    """Assert that every kind of link stands below the prefix, or at the root without one."""
    hrefs = [link["href"] for link in app.get("/").json["links"]]
    assert hrefs == [f"{prefix}/{version}/" for version in ("v1", "v2", "v3", "v4")]
    for version, more in (("v1", []), ("v2", []), ("v3", ["users"])):
        hrefs = [link["href"] for link in app.get(f"/{version}/").json["links"]]
        assert hrefs == [f"{prefix}/{version}/{name}/" for name in (*METRICS, *more)]
    assert app.get("/v1/iostat?count=2").headers["Location"] == f"{prefix}/v1/iostat/?count=2"
    assert f" {prefix}/v2/iostat/ " in problem(ask(app, "GET", "/v1/iostat/?count=99"), 400)
    made = app.post("/v2/iostat/", status=201)
    here = f"{prefix}/v2/task/{made.json['task_id']}"
    assert [made.headers["Location"], *(link["href"] for link in made.json["links"])] == [here] * 2
    task = app.get(f"/v2/task/{made.json['task_id']}").json
    assert [link["href"] for link in task["links"]] == [here] * 2


@pytest.mark.parametrize("prefix", ["", "/sysmon", "/on/this-host", "/%C4%80%20%25"])
def test_links_begin_with_the_path_at_which_the_service_is_mounted(
    app: TestApp, prefix: str
) -> None:
    hold_to_prefix(mounted(app, unquote_to_bytes(prefix).decode("latin-1")), prefix)


@pytest.mark.parametrize("address", [PROXY, OTHER_PROXY])
def test_links_begin_with_the_prefix_of_a_trusted_proxy(app: TestApp, address: str) -> None:
    hold_to_prefix(proxied(app, "/sysmon", address), "/sysmon")
    hold_to_prefix(proxied(app, "/on/this-host/", address), "/on/this-host")


@pytest.mark.parametrize("address", [STRANGER, "127.0.0.1", "", "192.0.2.10"])
def test_a_prefix_from_any_other_address_is_ignored(app: TestApp, address: str) -> None:
    hold_to_prefix(proxied(app, "/sysmon", address), "")


@pytest.mark.parametrize("prefix", ["", "//evil.example", "https://evil.example", "/\r\nA: b"])
def test_a_prefix_that_is_no_path_is_ignored_even_from_a_trusted_proxy(
    app: TestApp, prefix: str
) -> None:
    hold_to_prefix(proxied(app, prefix), "")


def test_links_take_nothing_from_the_host_header(app: TestApp) -> None:
    hold_to_prefix(TestApp(app.app, extra_environ={"HTTP_HOST": "10.9.8.7"}), "")


def test_an_address_in_brackets_that_needs_none_is_misdirected_too(app: TestApp) -> None:
    problem(app.get("/v1/uptime", headers={"Host": "[127.0.0.1]"}, status=421), 421)
    assert app.get("/v1/uptime", headers={"Host": "[::1]:6543"}).location == "/v1/uptime/"


@pytest.mark.parametrize("path", ["/", "/v1/uptime/", "/v3/users/", "/nothing"])
def test_a_name_that_is_not_this_service_s_is_misdirected(app: TestApp, path: str) -> None:
    problem(app.get(path, headers={"Host": "evil.example"}, status=421), 421)

"""Trusted proxies: the address and the prefix that they forward."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyramid.request import Request

from sysmon_core.api.wsgi.outermost import Outermost
from tests.unit.api.wsgi_applications import PROXY, call, echo


def seen(path: str, **environ: Any) -> tuple[str, str]:
    content = call(echo, path, **environ).json
    return content["SCRIPT_NAME"], content["PATH_INFO"]


@pytest.mark.parametrize(
    ("prefix", "path", "expected"),
    [
        pytest.param("/mon", "/v1/", ("/mon", "/v1/"), id="cut off by the proxy"),
        pytest.param("/mon", "/mon/v1/", ("/mon", "/v1/"), id="left by the proxy"),
        pytest.param("/mon/", "/v1/", ("/mon", "/v1/"), id="with a slash at its end"),
        pytest.param("/a/b-c.d_e~f", "/a/b-c.d_e~f/", ("/a/b-c.d_e~f", "/"), id="of many parts"),
        pytest.param("/monX", "/", ("/monX", "/"), id="with a letter at its end"),
        pytest.param("/mon", "/monitor/", ("/mon", "/monitor/"), id="the beginning of a word"),
    ],
)
def test_a_trusted_proxy_says_below_which_prefix_we_stand(
    prefix: str, path: str, expected: tuple[str, str]
) -> None:
    assert seen(path, REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_PREFIX=prefix) == expected


@pytest.mark.parametrize(
    "prefix", ["", "/", "mon", "//evil.example", "/a//b", "/a b", "/ü", "/a?b"]
)
def test_a_prefix_that_is_no_path_changes_nothing(prefix: str) -> None:
    assert seen("/v1/", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_PREFIX=prefix) == ("", "/v1/")


@pytest.mark.parametrize("address", ["10.0.0.2", "", None])
def test_nobody_else_is_believed_about_a_prefix(address: str | None) -> None:
    who = {} if address is None else {"REMOTE_ADDR": address}
    assert seen("/v1/", HTTP_X_FORWARDED_PREFIX="/mon", **who) == ("", "/v1/")


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:567", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("192.0.2.8, [2001:DB8:0::7]:567", "2001:db8::7"),
        ("forged, 192.0.2.8, 192.0.2.7", "192.0.2.7"),
        ("192.0.2.8,192.0.2.7 ", "192.0.2.7"),
        ("", PROXY),
        ("unknown", PROXY),
        ("192.0.2.7, ", PROXY),
        ("192.0.2.7:80\r\nX: y", PROXY),
    ],
)
def test_a_trusted_proxy_says_for_whom_it_speaks(said: str, believed: str) -> None:
    content = call(echo, REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=said).json
    assert content["REMOTE_ADDR"] == believed


@pytest.mark.parametrize("proxy", ["10.0.0.1", "::ffff:10.0.0.1", "::FFFF:a00:1"])
@pytest.mark.parametrize("trusted", ["10.0.0.1", "::ffff:10.0.0.1"])
def test_a_proxy_is_trusted_by_its_address_and_not_by_its_spelling(
    proxy: str, trusted: str
) -> None:
    environ = Request.blank("/").environ | {
        "REMOTE_ADDR": proxy,
        "HTTP_X_FORWARDED_FOR": "192.0.2.7",
    }
    (body,) = Outermost(echo, [trusted])(environ, lambda *_: lambda _data: None)
    assert json.loads(body)["REMOTE_ADDR"] == "192.0.2.7"


@pytest.mark.parametrize(
    ("told", "known"),
    [("::ffff:192.0.2.7", "192.0.2.7"), ("2001:DB8::7", "2001:db8::7"), ("localhost", "localhost")],
)
def test_who_speaks_directly_has_one_address_too(told: str, known: str) -> None:
    assert call(echo, REMOTE_ADDR=told).json["REMOTE_ADDR"] == known


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("https", "https"),
        ("HTTPS", "https"),
        ("http, https", "https"),
        ("https,http", "http"),
        ("http", "http"),
        ("", "http"),
        ("wss", "http"),
        ("https, ", "http"),
        ("https x", "http"),
    ],
)
def test_a_trusted_proxy_says_by_which_scheme_it_was_asked(said: str, believed: str) -> None:
    content = call(echo, REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_PROTO=said).json
    assert (content["wsgi.url_scheme"], content["sysmon.proxied"]) == (believed, True)


@pytest.mark.parametrize("address", ["10.0.0.2", "127.0.0.1", "", None])
def test_nobody_else_is_believed_about_the_scheme(address: str | None) -> None:
    content = call(echo, REMOTE_ADDR=address, HTTP_X_FORWARDED_PROTO="https").json
    assert (content["wsgi.url_scheme"], content["sysmon.proxied"]) == ("http", False)


def test_nobody_else_is_believed_about_who_it_is() -> None:
    content = call(echo, REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_FOR=PROXY).json
    assert content["REMOTE_ADDR"] == "10.0.0.2"


def test_a_trusted_proxy_may_say_both_at_once() -> None:
    who = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": "192.0.2.7"}
    content = call(echo, "/v1/", HTTP_X_FORWARDED_PREFIX="/mon", **who).json
    assert (content["REMOTE_ADDR"], content["SCRIPT_NAME"]) == ("192.0.2.7", "/mon")


def test_the_prefix_of_the_server_itself_stays() -> None:
    assert seen("/v1/", SCRIPT_NAME="/mon") == ("/mon", "/v1/")
    assert seen("/v1/", SCRIPT_NAME="/mon", REMOTE_ADDR=PROXY) == ("/mon", "/v1/")

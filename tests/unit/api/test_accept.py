"""The header Accept: what real clients send, and which of our media types that gives them."""

from __future__ import annotations

import pytest
from pyramid.httpexceptions import HTTPNotAcceptable
from pyramid.request import Request

from sysmon_core.api.framework.accept import Accepts, best_offer

JSON = "application/json"
TEXT, OPEN = FORMATS = ("text/plain", "application/openmetrics-text")
PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily"
PROMETHEUS = (  # the header of Prometheus 2.49
    "application/openmetrics-text;version=1.0.0;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def asking(accept: str | None) -> Request:
    request = Request.blank("/")
    if accept is not None:
        request.headers["Accept"] = accept
    return request


@pytest.mark.parametrize(
    "accept",
    [
        *(None, "", "*/*", JSON, JSON.upper(), "application/*", "text/html, */*;q=0.1"),
        *(f"{JSON};q=0.1", "what is this?", f"TEXT/html, {JSON}"),
        *(f"{JSON}; charset=utf-8", f"{JSON};charset=UTF-8;q=0.9", f'{JSON};v="1,2"'),
        *(f"{JSON};odata=verbose", "application/*;v=1", "text/html, */*;level=1;q=0.1"),
    ],
)
def test_a_client_that_can_read_json_is_answered(accept: str | None) -> None:
    Accepts([JSON])(asking(accept))


@pytest.mark.parametrize(
    "accept",
    [
        *("text/html", "image/*", f"{JSON};q=0", f"*/*, {JSON};q=0"),
        *(f"{JSON}; charset=utf-8;q=0", "text/html; charset=utf-8", f"*/*, {JSON};v=1;q=0"),
    ],
)
def test_a_client_that_cannot_read_json_is_told_so(accept: str) -> None:
    with pytest.raises(HTTPNotAcceptable, match=JSON):
        Accepts([JSON])(asking(accept))


def test_a_client_is_told_of_each_type_that_it_could_ask_for() -> None:
    with pytest.raises(HTTPNotAcceptable) as caught:
        Accepts(FORMATS)(asking("image/png"))
    assert caught.value.detail == f"Every answer here is {TEXT} or {OPEN}; ask for that"


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        *((None, TEXT), ("*/*", TEXT), ("text/plain; version=0.0.4", TEXT)),
        *((f"{OPEN}; version=1.0.0; charset=utf-8", OPEN), (PROMETHEUS, OPEN)),
        *((f"{OPEN};q=0.1, {TEXT};version=0.0.4;q=0.5", TEXT), ("application/*", OPEN)),
        *((f"{PROTOBUF};q=0.7, {TEXT};version=0.0.4;q=0.3", TEXT), (PROTOBUF, None)),
    ],
)
def test_the_format_with_the_highest_quality_is_the_best(
    accept: str | None, best: str | None
) -> None:
    assert best_offer(asking(accept), FORMATS) == best

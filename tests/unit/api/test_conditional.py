"""Conditional requests: when a client is told that it has the response already."""

from __future__ import annotations

import pytest
from pyramid.httpexceptions import HTTPNotModified
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.conditional import conditional


def asking(condition: str | None = None, method: str = "GET", prefix: str = "") -> Request:
    request = Request.blank("/", environ={"SCRIPT_NAME": prefix}, method=method)
    request.response = Response()
    if condition is not None:
        request.headers["If-None-Match"] = condition
    return request


def tag(text: str, **more: str) -> str:
    request = asking(**more)
    conditional(request, text)
    found: str = request.response.headers["ETag"]
    return found


def test_a_response_has_a_weak_etag_that_shows_nothing_of_its_text() -> None:
    assert tag("secret").startswith('W/"')
    assert "secret" not in tag("secret")
    assert tag("a") == tag("a") != tag("b")
    assert tag("a") != tag("a", prefix="/monitor")  # the links of the body have it


MINE = tag("a")


@pytest.mark.parametrize(
    "condition",
    [
        *(MINE, MINE.removeprefix("W/"), "*", " * "),
        *(f'"x", {MINE}', f'"x",{MINE},W/"y"', f'W/"",\t{MINE}'),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_client_that_has_it_is_told_so_with_the_headers_of_the_whole(
    condition: str, method: str
) -> None:
    request = asking(condition, method)
    request.response.headers.update({"Cache-Control": "max-age=5", "Vary": "Accept", "X-A": "b"})
    with pytest.raises(HTTPNotModified) as raised:
        conditional(request, "a")
    assert dict(raised.value.headers) == {
        "ETag": MINE,
        "Cache-Control": "max-age=5",
        "Vary": "Accept",
    }


@pytest.mark.parametrize("condition", [None, "", '"x"', 'W/"x", "y"', "x", f"x{MINE[3:-1]}", '"'])
def test_all_others_get_it_and_may_keep_it_for_themselves(condition: str | None) -> None:
    request = asking(condition)
    conditional(request, "a")
    assert request.response.headers["Cache-Control"] == "private, no-cache"


def test_a_request_that_changes_something_is_never_unmodified() -> None:
    conditional(asking(MINE, "POST"), "a")

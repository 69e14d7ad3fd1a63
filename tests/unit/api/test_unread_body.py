"""A body that does not arrive is refused with the reason, in words of an admin."""

from __future__ import annotations

import pytest
from pyramid.httpexceptions import HTTPBadRequest, HTTPException, HTTPRequestTimeout
from pyramid.request import Request

from sysmon_core.api.framework.inputs import read_body
from sysmon_core.server.body import UnreadableBody


@pytest.mark.parametrize(
    ("error", "refusal", "reason"),
    [
        (TimeoutError("late"), HTTPRequestTimeout, "The request timed out before its whole body"),
        (ConnectionError("gone"), HTTPBadRequest, "The connection ended before the whole body"),
    ],
)
def test_a_body_that_does_not_arrive_is_refused_with_the_reason(
    error: OSError, refusal: type[HTTPException], reason: str
) -> None:
    request = Request.blank("/", method="POST", content_type="application/json")
    request.content_length = 2
    request.environ["wsgi.input"] = UnreadableBody(error)
    with pytest.raises(refusal, match=reason):
        read_body(request, 100)

"""What the tests of one server share: a server alone, and requests as bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sysmon_core.api.wsgi.outermost import SECURITY
from tests.support.client import Answer, is_problem
from tests.support.site import BIN, Site, new_site

USER = "ann:a pass, w\u00f6rd: really"
GET = b"GET /v1/uptime/ HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v2/iostat/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def alone() -> Iterator[Site]:
    """A server, and the users' database: no Redis, no worker."""
    with new_site() as site:
        site.said(BIN / "sysmon", "database", "upgrade")
        name, _, password = USER.partition(":")
        add = ("user", "add", name, "--admin", "--password-file", "-")
        site.said(BIN / "sysmon", *add, typed=password)
        site.server()
        yield site


def refused(answer: Answer, status: int) -> None:
    """Check that an answer is a problem, and has the headers of every answer of ours."""
    is_problem(answer, status)
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY

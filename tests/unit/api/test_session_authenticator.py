"""The cookie of a session: where it is read, and where not."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.request import Request

from sysmon_core.api.framework.work import Work
from sysmon_core.api.wsgi.pools import Pool
from sysmon_core.api.wsgi.session import SessionAuthenticator
from sysmon_core.services.grants import By, Grant
from sysmon_core.services.users import Account

POOL = Pool(Work("login", threads=1))
ANN = Grant(Account("ann", "Ann", admin=False), by=By.SESSION)


class One:
    """Ann's session, which the cache has; bob's, which it has not; and no other."""

    def cached_grant(self, secret: str) -> Grant | None:
        return ANN if secret == "anns" else None

    def grant(self, secret: str) -> Grant | None:
        return ANN if secret in {"anns", "bobs"} else None


def credentials(path: str = "/v4/me", **environ: str) -> Any:
    sessions: Any = One()
    asked = Request.blank(path).environ | environ
    return SessionAuthenticator(sessions, POOL).credentials(asked)


@pytest.mark.parametrize(
    ("cookie", "cached", "found"),
    [
        ("sysmon_session=anns", ANN, ANN),
        ("a=b; sysmon_session=anns; c=d", ANN, ANN),
        ("sysmon_session=bobs", None, ANN),
        ("sysmon_session=eves", None, None),
        ("sysmon_session=", None, None),
    ],
)
def test_its_secret_is_looked_up(cookie: str, cached: Grant | None, found: Grant | None) -> None:
    given = credentials(HTTP_COOKIE=cookie)
    assert (given.grant, given.verify(), given.pool) == (cached, found, POOL)


@pytest.mark.parametrize("cookie", ["", "a=b", "SYSMON_SESSION=anns", "a=sysmon_session=anns"])
def test_another_cookie_is_none(cookie: str) -> None:
    assert credentials(HTTP_COOKIE=cookie) is None


@pytest.mark.parametrize("path", ["/v3/users/", "/v1/", "/metrics", "/", "/v40/", "/x/v4/"])
def test_it_is_for_version_4_alone(path: str) -> None:
    assert credentials(path, HTTP_COOKIE="sysmon_session=anns") is None


@pytest.mark.parametrize("header", ["Basic x", "Bearer x", "x"])
def test_what_the_request_says_itself_goes_first(header: str) -> None:
    found = credentials(HTTP_COOKIE="sysmon_session=anns", HTTP_AUTHORIZATION=header)
    assert found is None

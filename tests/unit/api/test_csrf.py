"""From where a request is, by what browsers say of it."""

from __future__ import annotations

import pytest
from pyramid.request import Request

from sysmon_core.api.framework.csrf import reject_cross_site
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.errors import CrossSite
from sysmon_core.services.grants import By, Grant
from sysmon_core.services.users import Account

HOST = "Mon.example:6543"


def make(site: str | None, origin: str | None) -> Request:
    said = {"Sec-Fetch-Site": site, "Origin": origin, "Host": HOST}
    return Request.blank(
        "/", headers={name: text for name, text in said.items() if text is not None}
    )


@pytest.mark.parametrize("site", [None, "", "same-origin", "none"])
@pytest.mark.parametrize(
    "origin", [None, "", "http://mon.example:6543", "https://mon.example:6543", f"http://{HOST}"]
)
def test_what_is_of_this_site_or_of_no_page_is_taken(site: str | None, origin: str | None) -> None:
    reject_cross_site(make(site, origin))


@pytest.mark.parametrize(
    ("site", "origin"),
    [
        *((site, None) for site in ("cross-site", "same-site", "NONE", "none, none", "x")),
        *((site, "http://evil.example") for site in (None, "", "none", "same-origin")),
        ("cross-site", f"http://{HOST}"),
        *(
            (None, origin)
            for origin in ("null", "http://mon.example", "mon.example:6543", "http://[")
        ),
        *((None, f"http://{HOST}{more}") for more in (".evil.example", "@evil.example", "0")),
    ],
)
def test_what_is_from_another_page_is_refused_with_what_to_do(
    site: str | None, origin: str | None
) -> None:
    with pytest.raises(
        CrossSite, match=r"^Another site's page made this request: make it yourself$"
    ):
        reject_cross_site(make(site, origin))


def make_with(by: By, site: str | None, origin: str | None) -> Request:
    request = make(site, origin)
    request.environ[GRANT] = Grant(Account("ann", "Ann", admin=False), by=by)
    return request


@pytest.mark.parametrize("site", [None, ""])
@pytest.mark.parametrize("origin", [None, ""])
def test_with_a_session_it_must_be_said(site: str | None, origin: str | None) -> None:
    advice = r"^With a session, say which page this comes from: send the header Origin$"
    with pytest.raises(CrossSite, match=advice):
        reject_cross_site(make_with(By.SESSION, site, origin))
    for by in (By.BASIC, By.TOKEN):
        reject_cross_site(make_with(by, site, origin))


@pytest.mark.parametrize(("site", "origin"), [("same-origin", None), (None, f"http://{HOST}")])
def test_with_a_session_either_will_do(site: str | None, origin: str | None) -> None:
    reject_cross_site(make_with(By.SESSION, site, origin))

"""From where a request is, by what browsers say of it."""

from __future__ import annotations

import pytest
from pyramid.request import Request

from sysmon_core.api.framework.csrf import reject_cross_site
from sysmon_core.errors import CrossSite

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

"""CSRF protection: refuses cross-site requests that change something."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid.request import Request

from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.errors import CrossSite
from sysmon_core.services.grants import By, Grant

SAME_SITE = {"same-origin", "none"}  # none: the address was typed, or is a bookmark


def reject_cross_site(request: Request, **_options: Any) -> None:
    """Refuse a request of another site's page; a validator of endpoints that change something.

    The page's browser may reach hosts that its author cannot, and may add credentials. It names
    the page's site in Sec-Fetch-Site (Fetch Metadata, 2.4), an older one in Origin (RFC 6454, 7);
    no page can forge either. Other clients send neither. With a session one of both must come: its
    cookie is added by the browser, which sends them, and if a proxy took both away, this would let
    everything pass.

    Raises:
        CrossSite: the page is of another origin, which may be on this very host.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if (site and site not in SAME_SITE) or (origin and not _is_same(origin, request.host)):
        raise CrossSite("Another site's page made this request: make it yourself")
    grant: Grant | None = request.environ.get(GRANT)
    if grant and grant.by is By.SESSION and not (site or origin):
        raise CrossSite("With a session, say which page this comes from: send the header Origin")


def _is_same(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False

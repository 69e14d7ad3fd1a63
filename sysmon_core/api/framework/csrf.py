"""Refuses what other sites' pages have a browser do: its user may be where they are not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid.request import Request

from sysmon_core.errors import CrossSite

OURS = {"same-origin", "none"}  # none: typed, or from a bookmark


def from_here(request: Request, **_options: Any) -> None:
    """A validator for requests that start, change or stop something.

    Browsers tell where a request is from in Sec-Fetch-Site (Fetch Metadata, 2.4), older ones in
    Origin (RFC 6454, 7), which no page can forge. Other clients send neither.

    Raises:
        CrossSite: it is from a page of another origin, be it on this very host.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if (site and site not in OURS) or (origin and not _is_ours(origin, request.host)):
        raise CrossSite("Another site's page made this request: make it yourself")


def _is_ours(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False

"""Links to other resources, as clients see their paths."""

from __future__ import annotations

from urllib.parse import quote

from pyramid.request import Request

Link = dict[str, str]


def link(rel: str, request: Request, route: str, **parts: str) -> Link:
    """Return a link to a route, with the prefix of this service's URL if there is one."""
    return {"rel": rel, "href": path_of(request, route, **parts)}


def path_of(request: Request, route: str, **parts: str) -> str:
    """Return the path of a route with the prefix.

    Pyramid's ``route_path`` would not escape the prefix.
    """
    path: str = request.route_url(route, _app_url=quote(request.script_name), **parts)
    return path

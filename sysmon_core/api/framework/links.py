"""Links: what an answer names as the way to other answers."""

from __future__ import annotations

from urllib.parse import quote

from pyramid.request import Request

Link = dict[str, str]


def link(rel: str, request: Request, route: str, **parts: str) -> Link:
    """A link as the client sees it, below whatever prefix the service stands."""
    return {"rel": rel, "href": path_of(request, route, **parts)}


def path_of(request: Request, route: str, **parts: str) -> str:
    """A route's path; Pyramid's own ``route_path`` leaves the prefix unescaped."""
    path: str = request.route_url(route, _app_url=quote(request.script_name), **parts)
    return path

"""Problems as pages: what happened, to what, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from sysmon_core.api.framework.explanations import as_html, explanations
from sysmon_core.api.framework.pages import Problem
from sysmon_core.api.framework.problems import LOGIN_PAGE, prefix_of
from sysmon_core.ui.rendering import Renderer

UNAUTHORIZED = 401


def problem_page(renderer: Renderer) -> Callable[[Mapping[str, Any], Problem], Response]:
    """Return what shows the problem of a request as a page.

    One who has to log in is sent to that form, and from there back to where they wanted to go.
    """
    known = explanations()

    def show(environ: Mapping[str, Any], fields: Problem) -> Response:
        if fields["status"] == UNAUTHORIZED and environ["PATH_INFO"] != LOGIN_PAGE:
            return HTTPSeeOther(_login_path(environ))
        status = f"{fields['status']} {fields['title']}"
        about = known[fields["code"]]
        return renderer.response_to(
            environ,
            "problem.jinja2",
            status,
            problem=fields,
            title=about.title,
            remedy=Markup(as_html(about.remedy)),  # noqa: S704 - as_html escapes it
        )

    return show


def _login_path(environ: Mapping[str, Any]) -> str:
    prefix = prefix_of(environ)
    path = prefix + LOGIN_PAGE
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return path
    wanted = prefix + quote(environ["PATH_INFO"], encoding="latin-1")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{urlencode({'to': f'{wanted}?{query}' if query else wanted})}"

"""Middleware that has the problems of pages shown as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sysmon_core.api.framework.environ_keys import SHOW_PROBLEM
from sysmon_core.api.framework.pages import Pages
from sysmon_core.api.framework.problems import is_page
from sysmon_core.api.wsgi.deferred import Body

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class PageProblems:
    """Tells all inner layers how a problem of a page is shown; those of the API stay JSON."""

    def __init__(self, app: WSGIApplication, pages: Pages) -> None:
        self.app = app
        self._pages = pages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Answer one request."""
        if is_page(environ):
            environ[SHOW_PROBLEM] = self._pages.show_problem
        body: Body = self.app(environ, start_response)
        return body

"""The pages at which people log in and out."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core import errors
from sysmon_core.api.framework.challenges import session_secret
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.errors import of_error
from sysmon_core.api.framework.inputs import FORM, Body
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.pages import HOME_ROUTE
from sysmon_core.api.framework.permissions import PUBLIC, caller_of
from sysmon_core.api.framework.problems import LOGIN_PAGE, PAGES_PREFIX
from sysmon_core.api.framework.work import LOGIN, USERS
from sysmon_core.api.v4.cookies import clear_session, give_session
from sysmon_core.services.grants import Scope
from sysmon_core.services.user_fields import Login
from sysmon_core.ui.page import Site, endpoint, resource

REFUSED = (
    *(errors.LoginRefused, errors.TooManyGuesses, errors.TooManyLogins),
    *(errors.DatabaseUnavailable, errors.CountersUnavailable, errors.AuditStalled),
)


def resources(site: Site) -> Iterator[Resource]:
    """Declare the paths; a form leads to another page, so that a reload sends nothing again."""
    views = _Views(site)
    form = endpoint(views.form, "Log in", permission=PUBLIC)
    reads = Body(Login, site.deps.body_limit, kinds=(FORM,))
    sent = endpoint(views.log_in, "Log in", permission=PUBLIC, work=LOGIN, reads=reads)
    yield resource("login", LOGIN_PAGE.removeprefix(PAGES_PREFIX), {"GET": form, "POST": sent})
    for name, view in (("logout", views.log_out), ("logout_everywhere", views.log_out_everywhere)):
        path = name.replace("_", "/")
        done = endpoint(view, "Log out", scope=Scope.ALL, work=USERS)
        yield resource(name, path, {"POST": done})


class _Views:
    def __init__(self, site: Site) -> None:
        self._site = site

    def form(self, request: Request) -> Response:
        return self._site.renderer.response(request, "login.jinja2", to=_to(request), refusal="")

    def log_in(self, request: Request) -> Response:
        login: Login = request.validated["params"]
        address, old_secret = caller_of(request).address, session_secret(request.environ) or ""
        try:
            logins = self._site.deps.session_logins
            _, secret = logins.log_in(login.username, login.password, address, old_secret)
        except REFUSED as error:
            return self._refused(request, error)
        response = HTTPSeeOther(_to(request))
        give_session(request, response, secret)
        return response

    def _refused(self, request: Request, error: errors.SysmonError) -> Response:
        """Show the form again, with the status and the headers that the API would answer with."""
        problem = of_error(request.environ, error)
        response = self._site.renderer.response(
            request, "login.jinja2", status=problem.status, to=_to(request), refusal=str(error)
        )
        for name in ("Retry-After", "WWW-Authenticate"):
            if name in problem.headers:
                response.headers[name] = problem.headers[name]
        return response

    def log_out(self, request: Request) -> Response:
        secret = session_secret(request.environ) or ""
        self._site.deps.sessions.end(secret, caller_of(request).address)
        return _logged_out(request)

    def log_out_everywhere(self, request: Request) -> Response:
        self._site.deps.sessions.end_all(caller_of(request))
        return _logged_out(request)


def _logged_out(request: Request) -> Response:
    response = HTTPSeeOther(path_of(request, "ui.login"))
    clear_session(request, response)
    return response


def _to(request: Request) -> str:
    """Return the page to go to after the log-in: the one that was asked for, or the first."""
    home = path_of(request, HOME_ROUTE)
    wanted = request.GET.get("to", "")
    return wanted if wanted.startswith(home) else home

"""The path at which a page logs in and out."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.httpexceptions import HTTPNoContent
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core import errors
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.challenges import SESSION_PATH, session_secret
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.inputs import Body
from sysmon_core.api.framework.permissions import PUBLIC, caller_of
from sysmon_core.api.framework.work import LOGIN, USERS
from sysmon_core.api.v4.account_schemas import Me
from sysmon_core.api.v4.cookies import clear_session, give_session
from sysmon_core.api.v4.me import me_of
from sysmon_core.api.versions import Version
from sysmon_core.services.grants import By, Grant
from sysmon_core.services.session_logins import SessionLogins
from sysmon_core.services.sessions import Sessions
from sysmon_core.services.user_fields import Login

BEGUN = """\
The answer sets a cookie, which stands for the user in version 4. It is always a new one; the
session of a cookie that came along ends. Whoever sends it with a request that changes something
must say in `Origin` or `Sec-Fetch-Site`, as browsers do, that a page of this service makes it.
"""


def resources(version: Version, deps: Dependencies) -> Iterator[Resource]:
    """Declare the path of sessions, which is below no version's."""
    endpoints = {
        "POST": _begin(deps.session_logins, deps.body_limit),
        "DELETE": _end(deps.sessions),
    }
    name = version.route("session")
    yield Resource(name=name, path=SESSION_PATH, endpoints=endpoints, version=version.name)


def _begin(logins: SessionLogins, body_limit: int) -> Endpoint:
    def view(request: Request) -> Me:
        login: Login = request.validated["params"]
        address, old_secret = caller_of(request).address, session_secret(request.environ) or ""
        account, secret = logins.log_in(login.username, login.password, address, old_secret)
        give_session(request, request.response, secret)
        return me_of(Grant(account, by=By.SESSION))

    return Endpoint(
        view=view,
        permission=PUBLIC,
        work=LOGIN,
        reads=Body(Login, body_limit),
        summary="Log in: begin a session",
        description=BEGUN,
        answers={200: Answer(Me, headers=("Set-Cookie",))},
        raises=(
            *(errors.InvalidInput, errors.LoginRefused, errors.TooManyGuesses),
            *(errors.TooManyLogins, errors.DatabaseUnavailable, errors.CredentialsInClear),
        ),
    )


def _end(sessions: Sessions) -> Endpoint:
    def view(request: Request) -> Response:
        sessions.end(session_secret(request.environ) or "", caller_of(request).address)
        response = HTTPNoContent()
        clear_session(request, response)
        return response

    return Endpoint(
        view=view,
        permission=PUBLIC,
        work=USERS,
        summary="Log out: end the session",
        description="Without one nothing is done, and the answer is the same.",
        answers={204: Answer(headers=("Set-Cookie",))},
        raises=(errors.DatabaseUnavailable,),
    )

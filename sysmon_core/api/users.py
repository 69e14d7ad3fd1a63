"""Views of users."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from pyramid.httpexceptions import HTTPNoContent
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.metrics import link
from sysmon_core.metric import Integer, Params
from sysmon_core.services.users import Account, Users


class UserList(Params):
    """How the users are listed."""

    detail: Annotated[Integer, Field(ge=0, le=1)] = Field(
        0, description="1: the users themselves instead of their names"
    )
    limit: Annotated[Integer, Field(ge=1)] | None = Field(None, description="At most so many")


def shown(request: Request, account: Account) -> dict[str, Any]:
    """A user as clients see it."""
    return {
        "username": account.username,
        "fullname": account.fullname,
        "admin": account.admin,
        "links": [link("self", request, "v3.user", username=account.username)],
    }


class UserViews:
    """The views of one version; each takes a request and gives what is rendered."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def list(self, request: Request) -> dict[str, Any]:
        """The names, or with ``detail=1`` the users."""
        params: UserList = request.validated["params"]
        accounts = self._users.list(params.limit)
        if params.detail:
            return {"users": [shown(request, account) for account in accounts]}
        return {"users": [account.username for account in accounts]}

    def create(self, request: Request) -> dict[str, Any]:
        """Add a user."""
        return self._created(request, self._users.create(request.validated["params"]))

    def get(self, request: Request) -> dict[str, Any]:
        """One user."""
        return shown(request, self._users.get(_username(request)))

    def put(self, request: Request) -> dict[str, Any]:
        """Replace a user, or add one at this path."""
        account, created = self._users.put(_username(request), request.validated["params"])
        return self._created(request, account) if created else shown(request, account)

    def patch(self, request: Request) -> dict[str, Any]:
        """Change the given fields of a user."""
        return shown(request, self._users.change(_username(request), request.validated["params"]))

    def delete(self, request: Request) -> Response:
        """Remove a user."""
        self._users.delete(_username(request))
        return HTTPNoContent()

    def _created(self, request: Request, account: Account) -> dict[str, Any]:
        fields = shown(request, account)
        request.response.status = 201
        request.response.location = fields["links"][0]["href"]
        return fields


def _username(request: Request) -> str:
    username: str = request.matchdict["username"]
    return username

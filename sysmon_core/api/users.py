"""Endpoints of users."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from pyramid.httpexceptions import HTTPNoContent
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api import schemas
from sysmon_core.api.endpoints import Answer, Endpoint
from sysmon_core.api.inputs import Body, Query
from sysmon_core.api.metrics import link
from sysmon_core.api.pools import CHANGE, STORE
from sysmon_core.api.security import ADMIN, USER, caller_of
from sysmon_core.errors import InvalidInput, LastAdmin, UserExists, UserNotFound
from sysmon_core.metric import Integer, Params
from sysmon_core.services.user_params import NewUser, UserChange
from sysmon_core.services.users import Account, Users

SHOWN = Answer(schemas.User)
CREATED = Answer(
    schemas.User,
    {f"v3.user.{method}": "username" for method in ("get", "patch", "delete")},
)


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


def collection(users: Users, body_limit: int) -> dict[str, Endpoint]:
    """All users: list them, add one."""
    views = _Views(users)
    return {
        "GET": Endpoint(
            view=views.list,
            permission=USER,
            work=STORE,
            reads=Query(UserList),
            summary="The users by name",
            answers={200: Answer(schemas.Users)},
        ),
        "POST": Endpoint(
            view=views.create,
            permission=ADMIN,
            work=CHANGE,
            reads=Body(NewUser, body_limit),
            summary="Add a user",
            answers={201: CREATED},
            raises=(InvalidInput, UserExists),
        ),
    }


def one(users: Users, body_limit: int) -> dict[str, Endpoint]:
    """One user: show, replace or add, change, remove."""
    views = _Views(users)
    return {
        "GET": Endpoint(
            view=views.get,
            permission=USER,
            work=STORE,
            summary="A user",
            answers={200: SHOWN},
            raises=(UserNotFound,),
        ),
        "PUT": Endpoint(
            view=views.put,
            permission=ADMIN,
            work=CHANGE,
            reads=Body(NewUser, body_limit),
            summary="Replace a user, or add one",
            description="The body may rename a user who is there; one who is added has the "
            "name of the path.",
            answers={200: SHOWN, 201: CREATED},
            raises=(InvalidInput, UserExists, LastAdmin),
        ),
        "PATCH": Endpoint(
            view=views.patch,
            permission=ADMIN,
            work=CHANGE,
            reads=Body(UserChange, body_limit),
            summary="Change a user",
            description="Only the fields that are given.",
            answers={200: SHOWN},
            raises=(InvalidInput, UserNotFound, UserExists, LastAdmin),
        ),
        "DELETE": Endpoint(
            view=views.delete,
            permission=ADMIN,
            work=CHANGE,
            summary="Remove a user",
            answers={204: Answer()},
            raises=(UserNotFound, LastAdmin),
        ),
    }


class _Views:
    """Each takes a request and gives what is rendered."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def list(self, request: Request) -> dict[str, Any]:
        params: UserList = request.validated["params"]
        accounts = self._users.list(params.limit)
        if params.detail:
            return {"users": [shown(request, account) for account in accounts]}
        return {"users": [account.username for account in accounts]}

    def create(self, request: Request) -> dict[str, Any]:
        new = request.validated["params"]
        return self._created(request, self._users.create(new, caller_of(request)))

    def get(self, request: Request) -> dict[str, Any]:
        return shown(request, self._users.get(_username(request)))

    def put(self, request: Request) -> dict[str, Any]:
        new, by = request.validated["params"], caller_of(request)
        account, created = self._users.put(_username(request), new, by)
        return self._created(request, account) if created else shown(request, account)

    def patch(self, request: Request) -> dict[str, Any]:
        new, by = request.validated["params"], caller_of(request)
        return shown(request, self._users.change(_username(request), new, by))

    def delete(self, request: Request) -> Response:
        self._users.delete(_username(request), caller_of(request))
        return HTTPNoContent()

    def _created(self, request: Request, account: Account) -> dict[str, Any]:
        fields = shown(request, account)
        request.response.status = 201
        request.response.location = fields["links"][0]["href"]
        return fields


def _username(request: Request) -> str:
    username: str = request.matchdict["username"]
    return username

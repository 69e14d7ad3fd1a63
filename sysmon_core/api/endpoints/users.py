"""Endpoints of users."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNoContent
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api import schemas
from sysmon_core.api.framework.declarations import Answer, Endpoint
from sysmon_core.api.framework.inputs import Body, Query
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.permissions import ADMIN, USER, caller_of
from sysmon_core.api.framework.work import CHANGE, USERS
from sysmon_core.api.versions import Version
from sysmon_core.errors import InvalidInput, LastAdmin, TooManyLists, UserExists, UserNotFound
from sysmon_core.metrics.metric import Params
from sysmon_core.metrics.parameter_types import Integer
from sysmon_core.services.grants import Scope
from sysmon_core.services.user_fields import NewUser, UserChange
from sysmon_core.services.users import Account, Users

SHORT_LIST_USERS = 1000  # a list of no more than that is made even beside a longer one


@dataclass(frozen=True)
class Shape:
    """How a version shows a user.

    Args:
        model: the model of the body.
        body: makes it of the user and the path.
    """

    model: type[BaseModel]
    body: Callable[[Account, str], BaseModel]


class UserList(Params):
    """Params of the list of users."""

    detail: Annotated[Integer, Field(ge=0, le=1)] = Field(
        0, description="1: the users themselves instead of their names"
    )
    limit: Annotated[Integer, Field(ge=1)] | None = Field(None, description="At most so many")


def collection(version: Version, users: Users, body_limit: int) -> dict[str, Endpoint]:
    """Declare the endpoints of all users: list them, add one."""
    views = _Views(version, users, SHAPE)
    return {
        "GET": Endpoint(
            view=views.list,
            permission=USER,
            scope=Scope.READ,
            work=USERS,
            reads=Query(UserList),
            summary="The users by name",
            answers={200: Answer(schemas.Users)},
            raises=(TooManyLists,),
        ),
        "POST": addition(version, users, body_limit, SHAPE),
    }


def addition(version: Version, users: Users, body_limit: int, shape: Shape) -> Endpoint:
    """Declare the endpoint that adds a user."""
    return Endpoint(
        view=_Views(version, users, shape).create,
        permission=ADMIN,
        work=CHANGE,
        reads=Body(NewUser, body_limit),
        summary="Add a user",
        answers={201: _created(version, shape)},
        raises=(InvalidInput, UserExists),
    )


def one(
    version: Version, users: Users, body_limit: int, shape: Shape | None = None
) -> dict[str, Endpoint]:
    """Declare the endpoints of one user: show, replace or add, change, remove."""
    shape = shape or SHAPE
    views, shown = _Views(version, users, shape), Answer(shape.model)
    return {
        "GET": Endpoint(
            view=views.get,
            permission=USER,
            scope=Scope.READ,
            work=USERS,
            summary="A user",
            answers={200: shown},
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
            answers={200: shown, 201: _created(version, shape)},
            raises=(InvalidInput, UserExists, LastAdmin),
        ),
        "PATCH": Endpoint(
            view=views.patch,
            permission=ADMIN,
            work=CHANGE,
            reads=Body(UserChange, body_limit),
            summary="Change a user",
            description="Only the fields that are given.",
            answers={200: shown},
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


def _created(version: Version, shape: Shape) -> Answer:
    follow = {version.route(f"user.{method}"): "username" for method in ("get", "patch", "delete")}
    return Answer(shape.model, follow)


def _fields(account: Account, path: str) -> dict[str, Any]:
    """Return a user as clients see it."""
    return {
        "username": account.username,
        "fullname": account.fullname,
        "admin": account.admin,
        "links": [{"rel": "self", "href": path}],
    }


SHAPE = Shape(schemas.User, lambda *user: schemas.User.model_validate(_fields(*user)))


class _Views:
    """The views; each takes a request and returns what is rendered."""

    def __init__(self, version: Version, users: Users, shape: Shape) -> None:
        self._version = version
        self._users = users
        self._shape = shape
        self._long_list = threading.Lock()  # held while one is made

    def list(self, request: Request) -> Any:
        params: UserList = request.validated["params"]
        long = self._long_list.acquire(blocking=False)
        try:
            accounts = self._accounts(params.limit, long)
            if params.detail:
                return self._rendered(request, accounts)
            return {"users": [account.username for account in accounts]}
        finally:
            if long:
                self._long_list.release()

    def _accounts(self, limit: int | None, long: bool) -> Sequence[Account]:
        """Return the users asked for; while another long list is made, only if they are few."""
        if long or (limit is not None and limit <= SHORT_LIST_USERS):
            return self._users.list(limit)
        accounts = self._users.list(SHORT_LIST_USERS + 1)
        if len(accounts) > SHORT_LIST_USERS:
            raise TooManyLists("Another long list of users is being made: try again, or set limit")
        return accounts

    def create(self, request: Request) -> BaseModel:
        new = request.validated["params"]
        return self._created(request, self._users.create(new, caller_of(request)))

    def get(self, request: Request) -> BaseModel:
        return self._shown(request, self._users.get(_username(request)))

    def put(self, request: Request) -> BaseModel:
        new, by = request.validated["params"], caller_of(request)
        account, created = self._users.put(_username(request), new, by)
        return self._created(request, account) if created else self._shown(request, account)

    def patch(self, request: Request) -> BaseModel:
        new, by = request.validated["params"], caller_of(request)
        return self._shown(request, self._users.change(_username(request), new, by))

    def delete(self, request: Request) -> Response:
        self._users.delete(_username(request), caller_of(request))
        return HTTPNoContent()

    def _created(self, request: Request, account: Account) -> BaseModel:
        request.response.status = 201
        request.response.location = self._path(request, account)
        return self._shown(request, account)

    def _shown(self, request: Request, account: Account) -> BaseModel:
        return self._shape.body(account, self._path(request, account))

    def _path(self, request: Request, account: Account) -> str:
        return path_of(request, self._version.route("user"), username=account.username)

    def _rendered(self, request: Request, accounts: Sequence[Account]) -> Response:
        """Encode many users as JSON one by one: to encode all at once would block other threads."""
        path = path_of(request, self._version.route("users"))  # a username needs no quoting
        texts = [json.dumps(_fields(one, path + one.username)) for one in accounts]
        response = request.response
        response.content_type = "application/json"
        response.text = f'{{"users": [{", ".join(texts)}]}}'
        return response


def _username(request: Request) -> str:
    username: str = request.matchdict["username"]
    return username

"""Endpoints of users."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field
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
from sysmon_core.metrics.metric import Integer, Params
from sysmon_core.services.user_fields import NewUser, UserChange
from sysmon_core.services.users import Account, Users

SHORT_LIST_USERS = 1000  # up to which lists are made beside a longer one

SHOWN = Answer(schemas.User)


class UserList(Params):
    """Params of the list of users."""

    detail: Annotated[Integer, Field(ge=0, le=1)] = Field(
        0, description="1: the users themselves instead of their names"
    )
    limit: Annotated[Integer, Field(ge=1)] | None = Field(None, description="At most so many")


def collection(version: Version, users: Users, body_limit: int) -> dict[str, Endpoint]:
    """All users: list them, add one."""
    views = _Views(version, users)
    return {
        "GET": Endpoint(
            view=views.list,
            permission=USER,
            work=USERS,
            reads=Query(UserList),
            summary="The users by name",
            answers={200: Answer(schemas.Users)},
            raises=(TooManyLists,),
        ),
        "POST": Endpoint(
            view=views.create,
            permission=ADMIN,
            work=CHANGE,
            reads=Body(NewUser, body_limit),
            summary="Add a user",
            answers={201: _created(version)},
            raises=(InvalidInput, UserExists),
        ),
    }


def one(version: Version, users: Users, body_limit: int) -> dict[str, Endpoint]:
    """One user: show, replace or add, change, remove."""
    views = _Views(version, users)
    return {
        "GET": Endpoint(
            view=views.get,
            permission=USER,
            work=USERS,
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
            answers={200: SHOWN, 201: _created(version)},
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


def _created(version: Version) -> Answer:
    follow = {version.route(f"user.{method}"): "username" for method in ("get", "patch", "delete")}
    return Answer(schemas.User, follow)


def _fields(account: Account, path: str) -> dict[str, Any]:
    """Return a user as clients see it."""
    return {
        "username": account.username,
        "fullname": account.fullname,
        "admin": account.admin,
        "links": [{"rel": "self", "href": path}],
    }


class _Views:
    """The views; each takes a request and returns what is rendered."""

    def __init__(self, version: Version, users: Users) -> None:
        self._version = version
        self._users = users
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

    def create(self, request: Request) -> schemas.User:
        new = request.validated["params"]
        return self._created(request, self._users.create(new, caller_of(request)))

    def get(self, request: Request) -> schemas.User:
        return self._shown(request, self._users.get(_username(request)))

    def put(self, request: Request) -> schemas.User:
        new, by = request.validated["params"], caller_of(request)
        account, created = self._users.put(_username(request), new, by)
        return self._created(request, account) if created else self._shown(request, account)

    def patch(self, request: Request) -> schemas.User:
        new, by = request.validated["params"], caller_of(request)
        return self._shown(request, self._users.change(_username(request), new, by))

    def delete(self, request: Request) -> Response:
        self._users.delete(_username(request), caller_of(request))
        return HTTPNoContent()

    def _created(self, request: Request, account: Account) -> schemas.User:
        user = self._shown(request, account)
        request.response.status = 201
        request.response.location = user.links[0].href
        return user

    def _shown(self, request: Request, account: Account) -> schemas.User:
        path = path_of(request, self._version.route("user"), username=account.username)
        return schemas.User.model_validate(_fields(account, path))

    def _rendered(self, request: Request, accounts: Sequence[Account]) -> Response:
        """Many users as JSON, encoded one by one: to encode all at once blocks other threads."""
        path = path_of(request, self._version.route("users"))  # a username needs no quoting
        texts = [json.dumps(_fields(one, path + one.username)) for one in accounts]
        response = request.response
        response.content_type = "application/json"
        response.text = f'{{"users": [{", ".join(texts)}]}}'
        return response


def _username(request: Request) -> str:
    username: str = request.matchdict["username"]
    return username

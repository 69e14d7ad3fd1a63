"""The paths of users: version 3's, with a list of pages and more of each user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pyramid.request import Request

from sysmon_core import errors
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.endpoints import users
from sysmon_core.api.framework.cursors import paged, read_cursor
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.inputs import Query
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.lists import ListParams, listed, next_path
from sysmon_core.api.framework.permissions import USER
from sysmon_core.api.framework.times import rfc3339
from sysmon_core.api.framework.work import USERS
from sysmon_core.api.v4 import account_schemas as schemas
from sysmon_core.api.v4.schemas import Link
from sysmon_core.api.versions import Version
from sysmon_core.services.grants import Scope
from sysmon_core.services.user_directory import UserDetails, UserDirectory
from sysmon_core.services.user_fields import Username
from sysmon_core.services.users import Account


def resources(version: Version, deps: Dependencies) -> Iterator[Resource]:
    """Declare the paths of users."""
    directory, limit = deps.user_directory, deps.body_limit

    def body(account: Account, path: str) -> schemas.UserDetails:
        return shown_user(directory.get(account.username), path)

    shape = users.Shape(schemas.UserDetails, body)
    collection = {
        "GET": _list(version, directory),
        "POST": users.addition(version, deps.users, limit, shape),
    }
    yield version.resource("users", "users/", collection)
    one = users.one(version, deps.users, limit, shape)
    yield version.resource("user", "users/{username}", one, {"username": "The name of a user"})


def _list(version: Version, directory: UserDirectory) -> Endpoint:
    def view(request: Request) -> dict[str, Any]:
        found, next_page = user_page(request, directory)
        path = path_of(request, version.route("users"))  # a username needs no quoting
        bodies = (shown_user(one, path + one.account.username) for one in found)
        return listed(request, bodies, next_page)

    return Endpoint(
        view=view,
        permission=USER,
        scope=Scope.READ,
        work=USERS,
        reads=Query(ListParams),
        summary="Users by name",
        answers={200: Answer(schemas.UserPage, headers=("Link",))},
        raises=(errors.InvalidInput,),
    )


def user_page(
    request: Request, directory: UserDirectory
) -> tuple[Sequence[UserDetails], str | None]:
    """Return the users that a request asks for by its params, and the path of the next page."""
    params: ListParams = request.validated["params"]
    after = read_cursor(params.cursor, Username) if params.cursor is not None else ""
    found = directory.list(params.limit + 1, after)
    items, cursor = paged(found, params.limit, lambda last: last.account.username)
    return items, next_path(request, params.limit, cursor)


def shown_user(user: UserDetails, path: str) -> schemas.UserDetails:
    """Return a user as clients see it; ``path`` is that of the user."""
    return schemas.UserDetails(
        username=user.account.username,
        fullname=user.account.fullname,
        admin=user.account.admin,
        tokens=user.tokens,
        created=rfc3339(user.created),
        last_seen=rfc3339(user.last_seen),
        links=[Link(rel="self", href=path)],
    )

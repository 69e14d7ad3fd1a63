"""The paths of tokens: one's own, and for admins those of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field, WithJsonSchema
from pyramid.httpexceptions import HTTPForbidden, HTTPNoContent
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core import errors
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.cursors import paged, read_cursor
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.inputs import JSON_ALONE, Body, Query
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.lists import ListParams, listed, next_path
from sysmon_core.api.framework.permissions import USER, caller_of
from sysmon_core.api.framework.times import rfc3339
from sysmon_core.api.framework.work import CHANGE, USERS
from sysmon_core.api.v4 import account_schemas as schemas
from sysmon_core.api.versions import Version
from sysmon_core.errors import TokenNotFound
from sysmon_core.services.grants import EVERY, Grant, Scope
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.token_rows import Token
from sysmon_core.services.tokens import Tokens
from sysmon_core.services.user_fields import USERNAME, Username

ME = "me"
MAX_ID = 2**31 - 1  # of an INTEGER of PostgreSQL
ID = re.compile(r"[1-9][0-9]{0,9}")

PLACE = tuple[Username | None, Annotated[int, Field(ge=1, le=MAX_ID)]]  # the owner, the last id


def _owner_name(text: str) -> str:
    if text != EVERY and not USERNAME.fullmatch(text):
        raise ValueError("must be me, *, or a user's name")
    return text


OWNER_PATTERN = rf"^(\*|{USERNAME.pattern})$"
Owner = Annotated[
    str,
    AfterValidator(_owner_name),
    WithJsonSchema({"type": "string", "pattern": OWNER_PATTERN}),
]


class TokenList(ListParams):
    """Params of the list of tokens."""

    owner: Owner = Field(
        ME, description="Whose: `me`; for admins a user's name, too, or `*` for all users"
    )


class TokenPage(NamedTuple):
    """Some tokens of a list: whose they are, None for all users, and the path of the next page."""

    owner: str | None
    tokens: Sequence[Token]
    next: str | None


def resources(version: Version, deps: Dependencies) -> Iterator[Resource]:
    """Declare the paths of tokens."""
    views = _Views(version, deps.tokens)
    parts = {"id": "The id of a token, as lists have it"}
    yield version.resource("tokens", "tokens/", _collection(version, views, deps.body_limit))
    yield version.resource("token", "tokens/{id}", _one(views), parts)


def _collection(version: Version, views: _Views, body_limit: int) -> dict[str, Endpoint]:
    follow = {version.route(f"token.{method}"): "id" for method in ("get", "delete")}
    return {
        "GET": Endpoint(
            view=views.list,
            permission=USER,
            scope=Scope.READ,
            work=USERS,
            reads=Query(TokenList),
            summary="Tokens, the newest first",
            description="One that has expired is listed for a month.",
            answers={200: Answer(schemas.TokenPage, headers=("Link",))},
            raises=(errors.InvalidInput,),
        ),
        "POST": Endpoint(
            view=views.create,
            permission=USER,
            work=CHANGE,
            reads=Body(NewToken, body_limit, kinds=JSON_ALONE),
            summary="Make a token for me",
            description="The answer shows its secret this once. A token that is made with a token "
            "expires no later than that.",
            answers={201: Answer(schemas.NewTokenShown, follow)},
            raises=(errors.UserNotFound, errors.TooManyTokens),
        ),
    }


def _one(views: _Views) -> dict[str, Endpoint]:
    return {
        "GET": Endpoint(
            view=views.get,
            permission=USER,
            scope=Scope.READ,
            work=USERS,
            summary="A token",
            answers={200: Answer(schemas.Token)},
            raises=(errors.TokenNotFound,),
        ),
        "DELETE": Endpoint(
            view=views.delete,
            permission=USER,
            work=CHANGE,
            summary="Revoke a token",
            description="From then on it is refused everywhere.",
            answers={204: Answer()},
            raises=(errors.TokenNotFound,),
        ),
    }


def shown_token(token: Token) -> dict[str, Any]:
    """Return a token as clients see it."""
    times = {name: rfc3339(getattr(token, name)) for name in ("created", "expires", "used")}
    same = {name: getattr(token, name) for name in ("id", "owner", "name", "hint")}
    limits = {"scope": token.scope.word, "metrics": token.metrics, "hosts": [EVERY]}
    return same | limits | times


class _Views:
    """The views; each takes a request and returns what is rendered."""

    def __init__(self, version: Version, tokens: Tokens) -> None:
        self._version = version
        self._tokens = tokens

    def list(self, request: Request) -> dict[str, Any]:
        page = token_page(request, self._tokens)
        return listed(request, map(shown_token, page.tokens), page.next)

    def create(self, request: Request) -> schemas.NewTokenShown:
        grant: Grant = request.environ[GRANT]
        owner, new = grant.account.username, request.validated["params"]
        token, secret = self._tokens.create(owner, new, caller_of(request), grant.expires)
        request.response.status = 201
        request.response.location = path_of(request, self._version.route("token"), id=str(token.id))
        return schemas.NewTokenShown.model_validate(shown_token(token) | {"token": secret})

    def get(self, request: Request) -> schemas.Token:
        token = self._tokens.get(_id(request), _owner(request))
        return schemas.Token.model_validate(shown_token(token))

    def delete(self, request: Request) -> Response:
        self._tokens.revoke(_id(request), _owner(request), caller_of(request))
        return HTTPNoContent()


def token_page(request: Request, tokens: Tokens) -> TokenPage:
    """Find the tokens that a request asks for by its params, ``TokenList``.

    Raises:
        HTTPForbidden: they are others', and the caller is no admin.
    """
    params, account = request.validated["params"], _account(request)
    owner, before = _place(account.username, params)
    if owner != account.username and not account.admin:
        raise HTTPForbidden
    found = tokens.list(owner, params.limit + 1, before)
    items, cursor = paged(found, params.limit, lambda last: (owner, last.id))
    return TokenPage(owner, items, next_path(request, params.limit, cursor))


def _place(username: str, params: TokenList) -> tuple[str | None, int | None]:
    """Return whose tokens are listed, None for all, and the id before which the list goes on."""
    if params.cursor is not None:
        place: tuple[str | None, int] = read_cursor(params.cursor, PLACE)
        return place
    owner = username if params.owner == ME else params.owner
    return (None if owner == EVERY else owner), None


def _owner(request: Request) -> str | None:
    """Return the one whose tokens the caller may name; None for all users."""
    account = _account(request)
    return None if account.admin else account.username


def _account(request: Request) -> Any:
    return request.environ[GRANT].account


def _id(request: Request) -> int:
    """Return the id in the path.

    Raises:
        TokenNotFound: no token can have it.
    """
    text: str = request.matchdict["id"]
    if ID.fullmatch(text) and int(text) <= MAX_ID:
        return int(text)
    raise TokenNotFound("There is no token of this id")

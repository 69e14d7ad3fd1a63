"""The pages of accounts: one's own, one's tokens, and for admins all users."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.cursors import paged, read_cursor
from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.inputs import Query
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.lists import ListParams, next_path
from sysmon_core.api.framework.permissions import ADMIN
from sysmon_core.api.framework.work import USERS
from sysmon_core.api.v4.me import me_of
from sysmon_core.api.v4.tokens import TokenList, place_of, shown_token
from sysmon_core.api.v4.users import shown_user
from sysmon_core.services.grants import Grant
from sysmon_core.services.user_fields import Username
from sysmon_core.ui.page import Site, endpoint, page, pages


def resources(site: Site) -> Iterator[Resource]:
    """Declare the paths."""
    views = _Views(site)
    yield page("account", "account", views.account, "Who I am")
    yield page("tokens", "tokens/", views.tokens, "Tokens", work=USERS, reads=Query(TokenList))
    reads = Query(ListParams)
    listed = endpoint(views.users, "Users", permission=ADMIN, work=USERS, reads=reads)
    yield pages("users", "users/", {"GET": listed})


class _Views:
    def __init__(self, site: Site) -> None:
        self._site = site

    def account(self, request: Request) -> Response:
        me = me_of(request.environ[GRANT])
        return self._site.renderer.response(request, "account.jinja2", me=me)

    def tokens(self, request: Request) -> Response:
        params: TokenList = request.validated["params"]
        grant: Grant = request.environ[GRANT]
        owner, before = place_of(grant.account.username, params)
        if owner != grant.account.username and not grant.account.admin:
            raise HTTPForbidden
        found = self._site.deps.tokens.list(owner, params.limit + 1, before)
        items, cursor = paged(found, params.limit, lambda last: (owner, last.id))
        return self._site.renderer.response(
            request,
            "tokens.jinja2",
            tokens=[shown_token(one) for one in items],
            everybodys=owner is None,
            metrics=self._site.metrics(request),
            next=next_path(request, params.limit, cursor),
        )

    def users(self, request: Request) -> Response:
        params: ListParams = request.validated["params"]
        after = read_cursor(params.cursor, Username) if params.cursor is not None else ""
        found = self._site.deps.user_directory.list(params.limit + 1, after)
        items, cursor = paged(found, params.limit, lambda last: last.account.username)
        path = path_of(request, self._site.version.route("users"))
        return self._site.renderer.response(
            request,
            "users.jinja2",
            users=[shown_user(one, path + one.account.username) for one in items],
            next=next_path(request, params.limit, cursor),
        )

"""The pages of accounts: one's own, one's tokens, and for admins all users."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.declarations import Resource
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.inputs import Query
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.lists import ListParams
from sysmon_core.api.framework.permissions import ADMIN
from sysmon_core.api.framework.work import USERS
from sysmon_core.api.v4.me import me_of
from sysmon_core.api.v4.tokens import TokenList, shown_token, token_page
from sysmon_core.api.v4.users import shown_user, user_page
from sysmon_core.ui.page import Site, endpoint, page, resource


def resources(site: Site) -> Iterator[Resource]:
    """Declare the paths."""
    views = _Views(site)
    yield page("account", "account", views.account, "Who I am")
    yield page("tokens", "tokens/", views.tokens, "Tokens", work=USERS, reads=Query(TokenList))
    reads = Query(ListParams)
    listed = endpoint(views.users, "Users", permission=ADMIN, work=USERS, reads=reads)
    yield resource("users", "users/", {"GET": listed})


class _Views:
    def __init__(self, site: Site) -> None:
        self._site = site

    def account(self, request: Request) -> Response:
        me = me_of(request.environ[GRANT])
        return self._site.renderer.response(request, "account.jinja2", me=me)

    def tokens(self, request: Request) -> Response:
        found = token_page(request, self._site.deps.tokens)
        return self._site.renderer.response(
            request,
            "tokens.jinja2",
            tokens=[shown_token(one) for one in found.tokens],
            everybodys=found.owner is None,
            metrics=self._site.metrics(request),
            next=found.next,
        )

    def users(self, request: Request) -> Response:
        found, next_page = user_page(request, self._site.deps.user_directory)
        path = path_of(request, self._site.version.route("users"))
        return self._site.renderer.response(
            request,
            "users.jinja2",
            users=[shown_user(one, path + one.account.username) for one in found],
            next=next_page,
        )

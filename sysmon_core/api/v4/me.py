"""The paths of the caller's own account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pyramid.request import Request

from sysmon_core import errors
from sysmon_core.api.dependencies import Dependencies
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.inputs import JSON_ALONE, Body
from sysmon_core.api.framework.permissions import USER, caller_of
from sysmon_core.api.framework.work import LOGIN
from sysmon_core.api.v4.account_schemas import Me
from sysmon_core.api.v4.cookies import clear_session
from sysmon_core.api.versions import Version
from sysmon_core.services.grants import Grant, Scope
from sysmon_core.services.own_account import OwnAccount
from sysmon_core.services.user_fields import OwnChange

CHANGED = """\
Only the fields that are given. A new password needs the old one. It ends all sessions of the user,
that of this request too, but no token, unless `tokens` says so.
"""


def resources(version: Version, deps: Dependencies) -> Iterator[Resource]:
    """Declare the path of the caller's own account."""
    yield version.resource(
        "me", "me", {"GET": _shown(), "PATCH": _change(deps.own_account, deps.body_limit)}
    )


def me_of(grant: Grant) -> Me:
    """Return the body that shows a caller."""
    account = grant.account
    return Me(
        username=account.username,
        fullname=account.fullname,
        admin=account.admin,
        by=grant.by,
        scope=grant.scope.word,
        metrics=list(grant.metrics),
    )


def _shown() -> Endpoint:
    def view(request: Request) -> Me:
        return me_of(request.environ[GRANT])

    return Endpoint(
        view=view,
        permission=USER,
        scope=Scope.READ,
        checks_metric=True,  # it is about none: tokens for some metrics may ask, too
        summary="Who I am, and what my credentials permit",
        answers={200: Answer(Me)},
    )


def _change(own_account: OwnAccount, body_limit: int) -> Endpoint:
    def view(request: Request) -> Me:
        new: OwnChange = request.validated["params"]
        account = own_account.change(caller_of(request), new)
        if new.password:
            clear_session(request, request.response)
        return me_of(replace(request.environ[GRANT], account=account))

    return Endpoint(
        view=view,
        permission=USER,
        work=LOGIN,
        reads=Body(OwnChange, body_limit, kinds=JSON_ALONE),
        summary="Change my name or my password",
        description=CHANGED,
        answers={200: Answer(Me, headers=("Set-Cookie",))},
        raises=(errors.InvalidInput, errors.UserNotFound),
    )

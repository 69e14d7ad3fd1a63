"""The list of tasks: its filters and its cursor."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field
from pyramid.httpexceptions import HTTPForbidden

from sysmon_core.api.framework.cursors import read_cursor, write_cursor
from sysmon_core.api.framework.lists import ListParams
from sysmon_core.metrics.metric import NAME
from sysmon_core.services.task import State, TaskQuery
from sysmon_core.services.user_fields import Username
from sysmon_core.services.users import Account

ME, EVERYBODY = "me", "*"
Seconds = Annotated[float, Field(allow_inf_nan=False)]
Order = Annotated[str, Field(pattern=r"^[0-9]{1,20}(\.[0-9]{1,20})?$")]
Place = tuple[Username | None, list[State], str, str, Seconds, Order]  # a query, where it goes on
HostName = Annotated[str, Field(max_length=255)]


def _in_words(value: object) -> object:
    """Refuse a number, of which pydantic would make a time."""
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("must be a time, as 2026-01-31T09:30:00Z")
    return value


class TaskList(ListParams):
    """Params of the list of tasks; a cursor has its own filters."""

    state: list[State] = Field([], description="States that are wanted; all unless given")
    metric: Annotated[str, Field(pattern=f"^{NAME.pattern}$")] | None = Field(
        None, description="The metric that is wanted"
    )
    host: HostName | None = Field(None, description="The host that is wanted")
    owner: Annotated[str, Field(pattern=r"^(\*|[A-Za-z0-9._@-]{1,64})$")] | None = Field(
        None,
        description="Whose: `me`; for admins a user's name, too, or `*` for all, which they get "
        "unless they say otherwise",
    )
    since: Annotated[AwareDatetime, BeforeValidator(_in_words)] | None = Field(
        None, description="Submitted then or later"
    )


def query_of(params: TaskList, account: Account) -> tuple[TaskQuery, str | None]:
    """Return which tasks are wanted, and where the list goes on.

    Raises:
        HTTPForbidden: they are others', and the caller is no admin.
        InvalidInput: the cursor is damaged.
    """
    if params.cursor is not None:
        owner, states, metric, host, since, end = read_cursor(params.cursor, Place)
        query = TaskQuery(owner, tuple(states), metric, host, since)
        return _permitted(query, account), end
    since = params.since.timestamp() if params.since else 0.0
    owner = _owner(params.owner, account)
    states = tuple(params.state)
    query = TaskQuery(owner, states, params.metric or "", params.host or "", since)
    return _permitted(query, account), None


def cursor_of(query: TaskQuery, end: str | None) -> str | None:
    """Return the cursor of the next page; None if this is the last."""
    if end is None:
        return None
    return write_cursor([query.owner, query.states, query.metric, query.host, query.since, end])


def _owner(given: str | None, account: Account) -> str | None:
    if given is None:
        return None if account.admin else account.username
    if given == EVERYBODY:
        return None
    return account.username if given == ME else given


def _permitted(query: TaskQuery, account: Account) -> TaskQuery:
    if query.owner != account.username and not account.admin:
        raise HTTPForbidden
    return query

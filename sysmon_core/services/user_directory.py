"""The users with all that is known of them, page by page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select

from sysmon_core.database import Database
from sysmon_core.database.tables import tokens, users
from sysmon_core.errors import UserNotFound
from sysmon_core.services.token_rows import valid
from sysmon_core.services.user_fields import USERNAME
from sysmon_core.services.users import Account


@dataclass(frozen=True)
class UserDetails:
    """A user with what is known beside the account.

    Args:
        created: when the user was added, in seconds since 1970; None if that was not recorded.
        last_seen: the hour of the last request, likewise; None if there was none.
        tokens: how many the user has that are valid.
    """

    account: Account
    created: int | None
    last_seen: int | None
    tokens: int


class UserDirectory:
    """Reads users with their details.

    Args:
        clock: gives seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def list(self, limit: int, after: str = "") -> list[UserDetails]:
        """List users by name, at most ``limit`` of those that follow the name ``after``."""
        query = self._query().where(users.c.username > after).limit(limit)
        with self._database.read() as connection:
            return [_details(row) for row in connection.execute(query)]

    def get(self, username: str) -> UserDetails:
        """Return a user.

        Raises:
            UserNotFound: no user has this name.
        """
        row = None
        if USERNAME.fullmatch(username):
            with self._database.read() as connection:
                named = self._query().where(users.c.username == username)
                row = connection.execute(named).first()
        if row is None:
            raise UserNotFound("There is no user of this name")
        return _details(row)

    def _query(self) -> Select[Any]:
        own = (tokens.c.user_id == users.c.id, valid(int(self._clock())))
        count = (
            select(func.count()).select_from(tokens).where(*own).scalar_subquery().label("tokens")
        )
        shown = (users.c.username, users.c.fullname, users.c.admin)
        query = select(*shown, users.c.created, users.c.last_seen, count)
        return query.order_by(users.c.username)


def _details(row: Row[Any]) -> UserDetails:
    return UserDetails(
        account=Account(row.username, row.fullname, row.admin),
        created=row.created,
        last_seen=row.last_seen,
        tokens=row.tokens,
    )

"""The statements that change users, each with its line in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from sysmon_core.database.tables import users
from sysmon_core.errors import DatabaseUnavailable, LastAdmin
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller

Fields = Mapping[str, Any]  # the columns of a user, all or some, by name


class UserWrites:
    """Those of one transaction, made by ``by``; what it reads goes over ``connection``, too.

    A line is written once the database has taken the change and before that is committed: no
    change is without its line.
    """

    def __init__(self, connection: Connection, by: Caller | None) -> None:
        self.connection = connection
        self._by = by
        self._told: list[tuple[str, dict[str, object]]] = []

    def create(self, new: Fields) -> None:
        """Add a user."""
        self.connection.execute(insert(users).values(new))
        self._tell("user.created", new, new)

    def change(self, user: Fields, fields: Fields) -> Fields:
        """Give the user these fields, of which some may be as they were; give what it is then.

        Raises:
            LastAdmin: nobody else is admin, and this one would cease to be.
        """
        if fields.get("admin") is False:
            self._keep_an_admin(user)
        changed = {name: value for name, value in fields.items() if user[name] != value}
        now = {**user, **changed}
        if changed:
            self._one(update(users).where(users.c.id == user["id"]).values(changed))
            renamed = {"was": user["username"]} if "username" in changed else {}
            self._tell("user.changed", now, changed, **renamed)
        return now

    def delete(self, user: Fields) -> None:
        """Remove the user.

        Raises:
            LastAdmin: nobody else is admin.
        """
        self._keep_an_admin(user)
        self._one(delete(users).where(users.c.id == user["id"]))
        self._tell("user.deleted", user, {})

    def failed(self, error: Exception) -> None:
        """Say of each change that has its line that it was not committed."""
        for event, details in self._told:
            audit.record(event, self._by, **details, failed=str(error))

    def _keep_an_admin(self, leaving: Fields) -> None:
        """Lock the admins before they are counted: two that leave at once must not both see two."""
        if not leaving["admin"]:
            return
        admins = select(users.c.id).where(users.c.admin).with_for_update()
        if set(self.connection.scalars(admins)) <= {leaving["id"]}:
            raise LastAdmin(
                "This is the last admin, and nobody could undo it: make another one first"
            )

    def _one(self, statement: Any) -> None:
        written = self.connection.execute(statement).rowcount
        if written != 1:  # by a program that knows nothing of our lock
            raise DatabaseUnavailable("The user was changed meanwhile: try again")

    def _tell(self, event: str, user: Fields, written: Fields, **more: object) -> None:
        details = {"user": user["username"], "admin": user["admin"], "fields": sorted(written)}
        self._told.append((event, details | more))
        audit.record(event, self._by, **details, **more)

"""The statements that change users, each with its audit line."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from sysmon_core.database.tables import sessions, users
from sysmon_core.errors import DatabaseUnavailable, LastAdmin
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.revocation import end_sessions, revoke_tokens

Fields = Mapping[str, Any]  # values of some or all columns of a user, by the column's name


class UserWrites:
    """The changes of one transaction.

    An audit line is written after its statement and before the commit, so that no change is
    committed without its line.

    Args:
        connection: the transaction, for reads that belong to the changes too.
        caller: the client that makes the changes; None for the command line.
    """

    def __init__(self, connection: Connection, caller: Caller | None) -> None:
        self.connection = connection
        self._caller = caller
        self._audited: list[tuple[str, dict[str, object]]] = []

    def create(self, new: Fields) -> None:
        """Insert a user."""
        self.connection.execute(insert(users).values({**new, "created": int(time.time())}))
        self._audit("user.created", new, new)

    def change(self, user: Fields, fields: Fields) -> Fields:
        """Update a user with these fields, where they differ; return the resulting row.

        A new password ends all sessions of the user.

        Raises:
            LastAdmin: no other user is an admin, and this one would cease to be.
        """
        if fields.get("admin") is False:
            self._require_another_admin(user)
        changed = {name: value for name, value in fields.items() if user[name] != value}
        updated = {**user, **changed}
        if changed:
            self._write_one_row(update(users).where(users.c.id == user["id"]).values(changed))
            renamed = {"was": user["username"]} if "username" in changed else {}
            self._audit("user.changed", updated, changed, **renamed)
        if "password_hash" in changed:
            end_sessions(self.connection, sessions.c.user_id == user["id"], self._caller)
        return updated

    def revoke_tokens(self, user: Fields) -> None:
        """Revoke all tokens of a user."""
        revoke_tokens(self.connection, user["id"], self._caller)

    def delete(self, user: Fields) -> None:
        """Delete a user.

        Raises:
            LastAdmin: no other user is an admin.
        """
        self._require_another_admin(user)
        self._write_one_row(delete(users).where(users.c.id == user["id"]))
        self._audit("user.deleted", user, {})

    def failed(self, error: Exception) -> None:
        """Audit that the changes audited so far were not committed."""
        for event, details in self._audited:
            audit.record(event, self._caller, **details, failed=str(error))

    def _require_another_admin(self, leaving: Fields) -> None:
        """Require that another admin remains.

        The admins are locked before they are counted: of two that leave at the same time, the
        second must not count the first.
        """
        if not leaving["admin"]:
            return
        admins = select(users.c.id).where(users.c.admin).with_for_update()
        if set(self.connection.scalars(admins)) <= {leaving["id"]}:
            raise LastAdmin(
                "This is the last admin, and nobody could undo it: make another one first"
            )

    def _write_one_row(self, statement: Any) -> None:
        written = self.connection.execute(statement).rowcount
        if written != 1:  # another program, without our lock, has changed or removed the user
            raise DatabaseUnavailable("The user was changed meanwhile: try again")

    def _audit(self, event: str, user: Fields, written: Fields, **more: object) -> None:
        details = {"user": user["username"], "admin": user["admin"], "fields": sorted(written)}
        self._audited.append((event, details | more))
        audit.record(event, self._caller, **details, **more)

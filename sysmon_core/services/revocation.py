"""The end of a user's sessions and tokens, each with its audit line."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, select

from sysmon_core.database.tables import sessions, tokens, users
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller


def end_sessions(connection: Connection, which: ColumnElement[bool], caller: Caller | None) -> None:
    """End the sessions for which the condition holds."""
    ended = select(sessions.c.id, users.c.username).join(users).where(which)
    rows = connection.execute(ended).all()
    for session_id, username in rows:
        audit.record("session.ended", caller, id=session_id, user=username)
    ids = [row.id for row in rows]
    connection.execute(delete(sessions).where(sessions.c.id.in_(ids)))


def revoke_tokens(connection: Connection, user_id: int, caller: Caller | None) -> None:
    """Revoke all tokens of a user."""
    own = tokens.c.user_id == user_id
    columns = (tokens.c.id, tokens.c.hint, tokens.c.scope, users.c.username)
    for row in connection.execute(select(*columns).join(users).where(own)).all():
        details = {"id": row.id, "user": row.username, "hint": row.hint, "scope": row.scope}
        audit.record("token.revoked", caller, **details)
    connection.execute(delete(tokens).where(own))

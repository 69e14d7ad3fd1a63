"""Sessions: log-ins that a browser keeps, each by a secret in a cookie."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select

from sysmon_core.database import Database
from sysmon_core.database.tables import sessions, users
from sysmon_core.database.versioned_cache import VersionedCache
from sysmon_core.log_queue import check_audit_queue
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.grants import By, Grant
from sysmon_core.services.revocation import end_sessions
from sysmon_core.services.token_format import digest_of
from sysmon_core.services.users import Account
from sysmon_core.services.uses import Clocks, Uses

MAX_SESSIONS = 20  # of one user: the one that began first ends for another
SECRET_BYTES = 32  # a fast hash is enough to store them
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
USES_PER_IDLE_LIMIT = 60  # that are recorded at most: a session ends that much too early at most


@dataclass(frozen=True)
class SessionLimits:
    """When sessions end by themselves.

    Args:
        idle: seconds without a request.
        lifetime: seconds after the log-in.
    """

    idle: int
    lifetime: int

    def ended(self, now: float) -> ColumnElement[bool]:
        """Return the condition of sessions that have ended by now, in seconds since 1970."""
        begun, used = sessions.c.created, sessions.c.used
        return or_(begun <= now - self.lifetime, used <= now - self.idle)

    def has_ended(self, session: Session, now: float) -> bool:
        """Whether a session has ended by now, in seconds since 1970."""
        return now - session.created >= self.lifetime or now - session.used >= self.idle


class Session(NamedTuple):
    """A session as it is stored, and its user."""

    id: int
    created: int
    used: int
    account: Account


class Sessions:
    """Begins, recognises and ends sessions; log-ins and log-outs are audited.

    Each is read from the database, through a cache that any change invalidates: one that a
    log-out, a new password or a deleted user ends is refused at the next request in every process.
    """

    def __init__(
        self,
        database: Database,
        limits: SessionLimits,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._limits = limits
        self._clock = clock
        precision = max(1, limits.idle // USES_PER_IDLE_LIMIT)
        self._uses = Uses(database, sessions, precision, "session", Clocks(clock, monotonic))
        self._cache: VersionedCache[Session | None] = VersionedCache(database)

    def begin(self, caller: Caller, password_hash: str, old_secret: str = "") -> str | None:
        """Begin a session for the caller; return its secret, of which a digest alone is stored.

        It is always a new one, and that of the old secret ends: who has planted or seen a secret
        before a log-in has nothing of it (session fixation).

        ``password_hash`` is that by which the password was verified: if it is not the user's any
        more, nothing is begun, and None is returned.
        """
        check_audit_queue()
        secret = secrets.token_urlsafe(SECRET_BYTES)
        with self._database.write() as connection:
            now = int(self._clock())
            stored = (users.c.username == caller.user, users.c.password_hash == password_hash)
            user_id = connection.scalar(select(users.c.id).where(*stored))
            if user_id is None:
                return None
            connection.execute(delete(sessions).where(self._limits.ended(now)))
            end_sessions(connection, sessions.c.digest == digest_of(old_secret), caller)
            _make_room(connection, user_id, caller)
            row = {"user_id": user_id, "digest": digest_of(secret), "created": now, "used": now}
            made = insert(sessions).values(row).returning(sessions.c.id)
            session_id = connection.scalar(made)
            audit.record("session.created", caller, id=session_id, user=caller.user)
        return secret

    def cached_grant(self, secret: str) -> Grant | None:
        """Return what ``grant`` would, unless something has to be read or written; never wait."""
        session = self._cache.get_cached(digest_of(secret))
        if session is None or self._uses.is_due(session.id, session.used):
            return None
        return self._grant(session)

    def grant(self, secret: str) -> Grant | None:
        """Return what a session permits; None if there is no such session, or it has ended.

        Raises:
            DatabaseUnavailable: the sessions cannot be read.
        """
        if not SECRET.fullmatch(secret):
            return None
        digest = digest_of(secret)
        session = self._cache.get(digest, lambda: self._read(digest))
        grant = self._grant(session) if session else None
        if session and grant and self._uses.is_due(session.id, session.used):
            self._uses.record(session.id)
        return grant

    def end(self, secret: str, address: str) -> None:
        """End a session, if there is one of this secret, at the wish of its user."""
        digest = digest_of(secret)
        session = self._read(digest)
        if session is None:
            return
        check_audit_queue()
        caller = Caller(session.account.username, address)
        with self._database.write() as connection:
            end_sessions(connection, sessions.c.digest == digest, caller)

    def end_all(self, caller: Caller) -> None:
        """End all sessions of the caller, at the caller's wish."""
        check_audit_queue()
        own = select(users.c.id).where(users.c.username == caller.user).scalar_subquery()
        with self._database.write() as connection:
            end_sessions(connection, sessions.c.user_id == own, caller)

    def _read(self, digest: str) -> Session | None:
        own = (sessions.c.id, sessions.c.created, sessions.c.used)
        query = select(*own, users.c.username, users.c.fullname, users.c.admin).join(users)
        with self._database.read() as connection:
            row = connection.execute(query.where(sessions.c.digest == digest)).first()
        return None if row is None else Session(*row[:3], Account(*row[3:]))

    def _grant(self, session: Session) -> Grant | None:
        if self._limits.has_ended(session, self._clock()):
            return None
        return Grant(session.account, by=By.SESSION)


def _make_room(connection: Connection, user_id: int, caller: Caller) -> None:
    """End the user's first sessions, so that there is room for one more."""
    own = select(sessions.c.id).where(sessions.c.user_id == user_id)
    newest_first = connection.scalars(own.order_by(sessions.c.id.desc())).all()
    end_sessions(connection, sessions.c.id.in_(newest_first[MAX_SESSIONS - 1 :]), caller)

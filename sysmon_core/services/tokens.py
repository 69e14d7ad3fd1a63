"""Tokens: credentials that stand for a user and permit less."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from sysmon_core.database import Database
from sysmon_core.database.tables import tokens, users
from sysmon_core.database.versioned_cache import VersionedCache
from sysmon_core.errors import TokenNotFound, TooManyTokens, UserNotFound
from sysmon_core.log_queue import check_audit_queue
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.grants import By, Grant
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.token_format import digest_of, is_well_formed, new_secret
from sysmon_core.services.token_rows import OwnedToken, Token, columns_of, owned_token, query, valid
from sysmon_core.services.uses import Clocks, Uses

MAX_TOKENS = 100  # of one user, that are valid
SHOWN_SECONDS = 30 * 86400  # for which a token is listed after it has expired
USE_PRECISION_SECONDS = 60  # of a token's last use


class Tokens:
    """Creates, lists, revokes and recognises tokens; each change is audited.

    ``caller`` is the client that makes a change, for the audit; None is the command line. Where an
    owner is named, the tokens of others do not exist.

    Args:
        clock: gives seconds since 1970.
        monotonic: gives seconds that no setting of the clock changes.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        clocks = Clocks(clock, monotonic)
        self._uses = Uses(database, tokens, USE_PRECISION_SECONDS, "token", clocks)
        self._cache: VersionedCache[OwnedToken | None] = VersionedCache(database)

    def create(
        self, owner: str, new: NewToken, caller: Caller | None = None, latest: int | None = None
    ) -> tuple[Token, str]:
        """Make a token for a user; return it and the secret, of which a digest alone is stored.

        It expires at ``latest``, in seconds since 1970, if it would be valid for longer.

        Raises:
            UserNotFound: no user has this name.
            TooManyTokens: the user has as many as one may have.
        """
        check_audit_queue()
        secret = new_secret()
        with self._database.write() as connection:
            now = int(self._clock())
            user_id = _user_with_room(connection, owner, now)
            values = columns_of(new, secret, now, latest) | {"user_id": user_id}
            connection.execute(insert(tokens).values(values))
            made = query().where(tokens.c.digest == values["digest"])
            token, _ = owned_token(connection.execute(made).one())
            _audit("token.created", token, caller)
        return token, secret

    def list(
        self, owner: str | None = None, limit: int | None = None, before: int | None = None
    ) -> builtins.list[Token]:
        """List the tokens of a user, or of all users, the newest first.

        At most ``limit`` of them, and only those with a lower id than ``before``.
        """
        listed = query().where(*_of(owner)).order_by(tokens.c.id.desc()).limit(limit)
        if before is not None:
            listed = listed.where(tokens.c.id < before)
        with self._database.read() as connection:
            return [owned_token(row).token for row in connection.execute(listed)]

    def get(self, token_id: int, owner: str | None = None) -> Token:
        """Return a token.

        Raises:
            TokenNotFound: there is none of this id.
        """
        with self._database.read() as connection:
            return _existing(connection, token_id, owner)

    def revoke(self, token_id: int, owner: str | None = None, caller: Caller | None = None) -> None:
        """Delete a token.

        Raises:
            TokenNotFound: there is none of this id.
        """
        check_audit_queue()
        with self._database.write() as connection:
            token = _existing(connection, token_id, owner)
            connection.execute(delete(tokens).where(tokens.c.id == token_id))
            _audit("token.revoked", token, caller)

    def cached_grant(self, secret: str) -> Grant | None:
        """Return what ``grant`` would, unless something has to be read or written; never wait."""
        found = self._cache.get_cached(digest_of(secret))
        if found is None or self._uses.is_due(found.token.id, found.token.used):
            return None
        return self._grant(found)

    def grant(self, secret: str) -> Grant | None:
        """Return what a token permits; None if there is no such token, or it has expired.

        Raises:
            DatabaseUnavailable: the tokens cannot be read.
        """
        if not is_well_formed(secret):
            return None
        digest = digest_of(secret)
        found = self._cache.get(digest, lambda: self._read(digest))
        grant = self._grant(found) if found else None
        if found and grant and self._uses.is_due(found.token.id, found.token.used):
            self._uses.record(found.token.id)
        return grant

    def _read(self, digest: str) -> OwnedToken | None:
        with self._database.read() as connection:
            row = connection.execute(query().where(tokens.c.digest == digest)).first()
        return None if row is None else owned_token(row)

    def _grant(self, found: OwnedToken) -> Grant | None:
        token, account = found
        if token.expires is not None and token.expires <= self._clock():
            return None
        return Grant(account, token.scope, token.metrics, By.TOKEN, token.expires)


def _of(owner: str | None) -> builtins.list[ColumnElement[bool]]:
    return [] if owner is None else [users.c.username == owner]


def _existing(connection: Connection, token_id: int, owner: str | None) -> Token:
    row = connection.execute(query().where(tokens.c.id == token_id, *_of(owner))).first()
    if row is None:
        raise TokenNotFound("There is no token of this id")
    return owned_token(row).token


def _user_with_room(connection: Connection, owner: str, now: int) -> int:
    """Return the id of a user who may have one more token; those long expired are removed."""
    user_id = connection.scalar(select(users.c.id).where(users.c.username == owner))
    if user_id is None:
        raise UserNotFound("There is no user of this name")
    own = tokens.c.user_id == user_id
    connection.execute(delete(tokens).where(own, tokens.c.expires < now - SHOWN_SECONDS))
    count = select(func.count()).select_from(tokens).where(own, valid(now))
    if (connection.scalar(count) or 0) >= MAX_TOKENS:
        raise TooManyTokens(f"A user may have {MAX_TOKENS} tokens: revoke one first")
    return int(user_id)


def _audit(event: str, token: Token, caller: Caller | None) -> None:
    details = {"id": token.id, "user": token.owner, "hint": token.hint, "scope": token.scope.word}
    audit.record(event, caller, **details)

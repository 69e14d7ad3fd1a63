"""Token, and the rows of the database that hold tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, or_, select

from sysmon_core.database.tables import tokens, users
from sysmon_core.services.grants import Scope
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.token_format import HINT_CHARACTERS, digest_of
from sysmon_core.services.users import Account


@dataclass(frozen=True)
class Token:
    """A token as its owner sees it: never the secret itself.

    Args:
        owner: the user's name.
        hint: the secret's first characters.
        created: seconds since 1970.
        expires: seconds since 1970; None for never.
        used: the last use, likewise, to the minute.
    """

    id: int
    owner: str
    name: str
    hint: str
    scope: Scope
    metrics: tuple[str, ...]
    created: int
    expires: int | None
    used: int | None


class OwnedToken(NamedTuple):
    """A token and the user whose it is."""

    token: Token
    account: Account


def query() -> Select[Any]:
    """Return the query of all tokens with their users, for ``owned_token``."""
    columns = [column for column in tokens.c if column.name not in {"user_id", "digest"}]
    return select(*columns, users.c.username, users.c.fullname, users.c.admin).join(users)


def owned_token(row: Row[Any]) -> OwnedToken:
    """Make a token and its user of a row of ``query``."""
    fields = row._asdict()
    account = Account(*(fields.pop(name) for name in ("username", "fullname", "admin")))
    fields["scope"] = Scope[fields["scope"].upper()]
    fields["metrics"] = tuple(fields["metrics"].split())
    return OwnedToken(Token(owner=account.username, **fields), account)


def valid(now: int) -> ColumnElement[bool]:
    """Return the condition of tokens that have not expired; ``now`` is seconds since 1970."""
    return or_(tokens.c.expires.is_(None), tokens.c.expires > now)


def columns_of(
    new: NewToken, secret: str, now: int, latest: int | None = None
) -> dict[str, object]:
    """Return the columns of a new token, but for its user's.

    ``now`` is in seconds since 1970, and so is ``latest``, beyond which it is not valid.
    """
    wanted = None if new.expires_in is None else now + int(new.expires_in)
    return {
        "name": new.name,
        "hint": secret[:HINT_CHARACTERS],
        "digest": digest_of(secret),
        "scope": new.scope,
        "metrics": " ".join(new.metrics),
        "created": now,
        "expires": min((one for one in (wanted, latest) if one is not None), default=None),
    }

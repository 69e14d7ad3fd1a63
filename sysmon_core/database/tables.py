"""The tables of the users' database.

They are tables of SQLAlchemy Core, without the ORM: for three tables it would cost six
megabytes in every server process and a sixth of a second at its start.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

USERNAME_LENGTH = 64

# Lists are sorted by code points, as SQLite does; PostgreSQL would sort by the locale.
Username = String(USERNAME_LENGTH).with_variant(
    String(USERNAME_LENGTH, collation="C"), "postgresql"
)

# Constraints have names, so that migrations can change them.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    }
)

# All times are in seconds since 1970, by the clock of the host that writes them; a digest is the
# SHA-256 of a secret, in hexadecimal.

# A password_hash has the format of argon2id's encoded hashes. Who was added before sysmon recorded
# it has no time of that; the last request is known to the hour.
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("username", Username, nullable=False, unique=True),
    Column("fullname", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("admin", Boolean, nullable=False, default=False),
    Column("created", BigInteger),
    Column("last_seen", BigInteger),
)

# The metrics are names with spaces between. An id is never used again.
tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scope", String(8), nullable=False),
    Column("metrics", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("used", BigInteger),
    sqlite_autoincrement=True,
)

# When one ends follows from both of its times and the settings.
sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

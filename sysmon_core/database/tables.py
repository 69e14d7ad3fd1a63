"""The tables of the users' database.

They are tables of SQLAlchemy Core, without the ORM: for one table and one query it would cost six
megabytes in every server process and a sixth of a second at its start.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text

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

# The users of version 3 of the API; a password_hash has the format of argon2id's encoded hashes.
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("username", Username, nullable=False, unique=True),
    Column("fullname", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("admin", Boolean, nullable=False, default=False),
)

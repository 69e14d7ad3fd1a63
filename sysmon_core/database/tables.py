"""The tables of the users' database.

They are SQLAlchemy's own, without its mapper of objects: that would have one table and one query
to serve, for six megabytes in every server and a sixth of a second at its start.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text

USERNAME_LENGTH = 64

# PostgreSQL sorts by the locale unless told otherwise; lists are in the order of code points.
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

# Those who may use version 3; a password_hash is argon2id's own format.
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("username", Username, nullable=False, unique=True),
    Column("fullname", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("admin", Boolean, nullable=False, default=False),
)

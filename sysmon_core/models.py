"""The tables of the users' database."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sysmon_core.db import Base

USERNAME_LENGTH = 64

# PostgreSQL sorts by the locale unless told otherwise; lists are in the order of code points.
Username = String(USERNAME_LENGTH).with_variant(
    String(USERNAME_LENGTH, collation="C"), "postgresql"
)


class User(Base):
    """Somebody who may use version 3; ``password_hash`` is argon2id's own format."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(Username, unique=True)
    fullname: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    admin: Mapped[bool] = mapped_column(default=False)

    def __repr__(self) -> str:
        return f"<User {self.username}>"

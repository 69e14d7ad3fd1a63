"""The bodies of users, tokens and the caller's own account in version 4, as models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sysmon_core.api.v4.schemas import AtLeast, Link, Page, Time
from sysmon_core.services.grants import By

ScopeWord = Literal["read", "run", "all"]


class Me(AtLeast):
    """The user of a request, and the credentials that were sent."""

    username: str
    fullname: str
    admin: bool
    by: By = Field(description="The kind of the credentials")
    scope: ScopeWord = Field(description="What the credentials permit at most")
    metrics: list[str] = Field(description="The metrics for which they hold; * is every one")


class Token(AtLeast):
    """A token as lists show it: never the secret."""

    id: int
    owner: str = Field(description="The name of the user for whom it stands")
    name: str = Field(description="What it is for")
    hint: str = Field(description="The first characters of the secret")
    scope: ScopeWord = Field(description="What it permits at most")
    metrics: list[str] = Field(description="The metrics for which it holds; * is every one")
    hosts: list[str] = Field(description="The hosts for which it holds; * is every one")
    created: Time
    expires: Time | None = Field(description="null for never")
    used: Time | None = Field(description="The last use, to the minute; null if there was none")


class NewTokenShown(Token):
    """A new token with its secret, which is shown this once."""

    token: str = Field(description="The secret: send it as `Authorization: Bearer`")


class UserDetails(AtLeast):
    """A user as shown: never the password."""

    username: str
    fullname: str
    admin: bool
    tokens: int = Field(description="How many tokens the user has that are valid")
    created: Time | None = Field(description="null if the user is older than that is recorded")
    last_seen: Time | None = Field(description="The hour of the last request; null if none was")
    links: list[Link]


class TokenPage(Page):
    """Tokens, the newest first."""

    items: list[Token]


class UserPage(Page):
    """Users by name."""

    items: list[UserDetails]

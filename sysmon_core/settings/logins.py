"""Settings of passwords and logins."""

from __future__ import annotations

from pydantic import BaseModel, Field

from sysmon_core.settings.types import PositiveInt, Rate


class LoginSettings(BaseModel):
    """Rules for new passwords, limits of guesses, and what credentials hold for."""

    password_min_length: PositiveInt = Field(
        1, le=256, description="Characters that a new password must have; at most 256."
    )
    password_blocklist: str = Field(
        "",
        description=(
            "Words that do not count towards that length, separated by spaces; if there are "
            "any, the user's names and the host's name do not count either."
        ),
    )
    password_checks: PositiveInt = Field(
        3,
        description=(
            "Passwords checked at once, in each server process; if more than one, the last slot "
            "is reserved for users who have logged in from the same address in the last 30 "
            "days."
        ),
    )
    password_queue: PositiveInt = Field(
        32,
        description=(
            "Logins that wait for a password check, in each server process; half as many more "
            "may wait for the check of an equal login."
        ),
    )
    guesses_per_address: Rate = Field(
        "30/minute",
        description=(
            "Wrong passwords from one address, not counting users who have logged in from it in "
            "the last 30 days; and, counted apart, unknown tokens."
        ),
    )
    guesses_per_user_and_address: Rate = Field(
        "5/minute; 20/hour", description="Wrong passwords for one user from one address."
    )
    guesses_per_user: Rate = Field(
        "100/hour",
        description=(
            "Wrong passwords for one user from all addresses, not counting those from which the "
            "user has logged in in the last 30 days."
        ),
    )
    session_idle: PositiveInt = Field(
        43200,
        description=(
            "Seconds without a request after which a session ends; up to a sixtieth of that too "
            "early."
        ),
    )
    session_lifetime: PositiveInt = Field(
        604800, description="Seconds after the log-in at which a session ends in any case."
    )
    tls_only: bool = Field(
        False,
        description=(
            "Whether passwords, tokens and sessions that come over plain HTTP from beyond this "
            "host are refused, right or wrong."
        ),
    )

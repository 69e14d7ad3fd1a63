"""Grant: the user of a request, and what the credentials permit that were sent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line needs the scopes for its help, and no database
    from sysmon_core.services.users import Account

EVERY = "*"  # in a list of metrics


class Scope(IntEnum):
    """What credentials permit at most; each scope includes those before it.

    ``READ`` is to look, and to run quick metrics; ``RUN`` is to start and stop tasks, too; ``ALL``
    is whatever the user may do.
    """

    READ = 1
    RUN = 2
    ALL = 3

    @property
    def word(self) -> str:
        """The scope as clients write it."""
        return self.name.lower()


class By(StrEnum):
    """The kind of credentials that were sent."""

    BASIC = "basic"
    TOKEN = "token"  # noqa: S105 - a kind, no secret
    SESSION = "session"


@dataclass(frozen=True)
class Grant:
    """The user of a request and the limits of the credentials.

    Args:
        account: the user.
        scope: what the credentials permit at most.
        metrics: the names of the metrics that may be asked; ``*`` is every one.
        by: the kind of the credentials.
        expires: when they expire, in seconds since 1970; None if never, or not at a fixed time.
    """

    account: Account
    scope: Scope = Scope.ALL
    metrics: tuple[str, ...] = (EVERY,)
    by: By = By.BASIC
    expires: int | None = None

    @property
    def holds_for_every_metric(self) -> bool:
        """Whether the credentials are not for some metrics alone."""
        return EVERY in self.metrics

    def holds_for(self, metric: str) -> bool:
        """Whether the credentials hold for a metric."""
        return self.holds_for_every_metric or metric in self.metrics

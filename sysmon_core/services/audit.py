"""The audit: who changed a user, was refused a login, started or stopped a task.

Its lines go to a logger of their own, which only ever appends; where they end, in the journal or
a file, the ini file says. No line has a password, nor a name that is no user's: people type
passwords in the wrong field.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from sysmon_core.logs import AUDIT

logger = logging.getLogger(AUDIT)


@dataclass(frozen=True)
class Caller:
    """Who asks: the user, empty for nobody known, and the address."""

    user: str = ""
    address: str = ""


def record(event: str, by: Caller | None, **details: object) -> None:
    """Append a line.

    Args:
        event: what is done, as ``user.created``.
        by: who does it; None for somebody on this host, who is told by the number of the user.
        details: what it is done to, and how.
    """
    who = {"by": by.user, "address": by.address} if by else {"by": f"uid {os.getuid()}"}
    logger.info(event, extra=who | details)

"""The audit log: who changed a user or token, was refused a login, started or stopped a task.

Audit lines go to a logger of their own; its handlers, in the ini file, say where they are written.
No line has a password, nor a name that no user has: people type passwords in the wrong field.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from sysmon_core.logs import AUDIT

logger = logging.getLogger(AUDIT)


@dataclass(frozen=True)
class Caller:
    """The client of a request: the user's name, empty if anonymous, and the network address."""

    user: str = ""
    address: str = ""


def record(event: str, caller: Caller | None, **details: object) -> None:
    """Append a line to the audit log.

    Args:
        event: the event's name, such as ``user.created``.
        caller: the client that caused it; None for the command line, whose line has the number of
            the operating system's user.
        details: further fields of the line.
    """
    if caller:
        actor = {"by": caller.user, "address": caller.address}
    else:
        actor = {"by": f"uid {os.getuid()}"}
    logger.info(event, extra=actor | details)

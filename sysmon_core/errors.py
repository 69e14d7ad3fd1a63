"""All exceptions of the project; none of them knows of HTTP.

The docstrings of those that clients of the API get are published in the API's document.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """An invalid field of a caller's input: its name, and what to do about it."""

    name: str
    detail: str


def describe(error: BaseException) -> str:
    """Describe an exception of foreign code on one line, even if its text is empty or fails."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a foreign __str__ may raise anything
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class SysmonError(Exception):
    """The base of all exceptions; its text is written for a person.

    ``retry_after`` is the value of the header Retry-After, in seconds, for errors that pass.
    """

    retry_after: int = 1


class ConfigurationError(SysmonError):
    """A setting is wrong, so the program cannot start; the text has the remedy."""


class PluginError(ConfigurationError):
    """A plugin is at fault, so the program cannot start; the text names its distribution."""


class InvalidInput(SysmonError):
    """The caller's input is invalid; ``faults`` names each field and what is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.name}: {fault.detail}" for fault in faults))
        self.faults = tuple(faults)


class RunTooLong(SysmonError):
    """A run with these params would take longer than the limit for its kind."""

    def __init__(self, limit: float) -> None:
        super().__init__(f"This run would take longer than the limit here, {limit:g} s")


class CrossSite(SysmonError):
    """A page of another site made a browser send a request that would change something."""


class TooManyRuns(SysmonError):
    """Every slot for runs that keep their caller waiting is taken."""


class TooManyRequests(SysmonError):
    """So many requests of one class of work wait for a thread that another would wait too long."""


class ProgramMissing(SysmonError):
    """The metric's program is not installed on this host; the text names its package."""


class ExtraMissing(SysmonError):
    """An optional part of sysmon is not installed; the text says how to install it."""


class MetricFailed(SysmonError):
    """The metric could not be collected, or its output could not be used."""


class PluginFault(MetricFailed):
    """A metric's own code broke its contract; the executor adds the plugin to the text."""


class MetricTimeout(MetricFailed):
    """The metric took longer than its params allow."""


class RunStopped(SysmonError):
    """The run was stopped before its end; the text says by whom."""


class TaskNotFound(SysmonError):
    """No task of this id: never made, expired, deleted, or not this caller's to see."""


class TooManyTasks(SysmonError):
    """As many tasks are open, in all or of this client, as the settings allow."""


class TasksUnavailable(SysmonError):
    """Redis, which holds the tasks, cannot be reached or refuses to write."""


class DatabaseUnavailable(SysmonError):
    """The users' database cannot be reached, is locked, or has not been migrated."""


class DatabaseTimeout(DatabaseUnavailable):
    """The users' database did not answer in time, or is not answering."""


class AuditStalled(SysmonError):
    """The audit log takes no more lines, so an operation that needs one was not done."""


class NotReady(SysmonError):
    """A part that the service needs is not available; the text names it."""


class TooManyGuesses(SysmonError):
    """So many passwords have been tried that this one was not checked."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many passwords have been tried: wait before the next")
        self.retry_after = max(1, math.ceil(seconds))


class TooManyLogins(SysmonError):
    """As many passwords are being checked, and wait for it, as the settings allow."""


class CountersUnavailable(SysmonError):
    """The store of the counters that all processes share cannot be reached."""


class TooManyLists(SysmonError):
    """Another long list of users is being made; one is made at a time."""


class UserNotFound(SysmonError):
    """No user of this name."""


class UserExists(SysmonError):
    """Another user has this name already."""


class LastAdmin(SysmonError):
    """The change would leave no admin, who could undo it."""

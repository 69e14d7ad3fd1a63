"""All exceptions of the project; none of them knows of HTTP.

The docstrings of those that clients of the API get are published in the API's document.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Fault:
    """An invalid field of a caller's input.

    Args:
        name: the field's name.
        detail: what to do about it.
        place: where the field was, ``body`` or ``query``; set by the reader of the request.
    """

    name: str
    detail: str
    place: str = "body"


def describe(error: BaseException) -> str:
    """Describe an exception of foreign code on one line, even if its text is empty or fails."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a foreign __str__ may raise anything
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class SysmonError(Exception):
    """The base of all exceptions; its text is written for a person.

    Attributes:
        meaning: what it means to a client, as the API document has it, in a sentence.
        retry_after: the value of the header Retry-After, in seconds, for errors that pass.
    """

    meaning: ClassVar[str] = ""
    retry_after: int = 1


class ConfigurationError(SysmonError):
    """A setting is wrong, so the program cannot start; the text has the remedy."""


class PluginError(ConfigurationError):
    """A plugin is at fault, so the program cannot start; the text names its distribution."""


class InvalidInput(SysmonError):
    """The caller's input is invalid.

    Args:
        faults: each field that is wrong.
        detail: the text of the error; made of the faults if it is empty.
    """

    meaning = "The input breaks a rule; `errors` names each field and what is wrong with it."

    def __init__(self, faults: Iterable[Fault], detail: str = "") -> None:
        self.faults = tuple(faults)
        super().__init__(detail or "; ".join(f"{one.name}: {one.detail}" for one in self.faults))


class RunTooLong(SysmonError):
    """A run with these params would take longer than the limit for its kind."""

    meaning = "The run would take longer than the limit here; `detail` names the limit."

    def __init__(self, limit: float) -> None:
        super().__init__(f"This run would take longer than the limit here, {limit:g} s")


class CrossSite(SysmonError):
    """A page of another site made a browser send a request that would change something."""

    meaning = "A page of another site had a browser make the request."


class TooManyRuns(SysmonError):
    """Every slot for runs that keep their caller waiting is taken."""

    meaning = "As many runs as may keep their callers waiting are under way."


class TooManyRequests(SysmonError):
    """So many requests of one class of work wait for a thread that another would wait too long."""

    meaning = "Too many requests of this kind wait already."


class ProgramMissing(SysmonError):
    """The metric's program is not installed on this host; the text names its package."""

    meaning = "The program behind the metric is not on this host; `detail` names its package."


class ExtraMissing(SysmonError):
    """An optional part of sysmon is not installed; the text says how to install it."""

    meaning = "An optional part of sysmon is not installed; `detail` says how to install it."


class MetricFailed(SysmonError):
    """The metric could not be collected, or its output could not be used."""

    meaning = "The metric could not be collected, or its output could not be read."


class PluginFault(MetricFailed):
    """A metric's own code broke its contract; the executor adds the plugin to the text."""


class MetricTimeout(MetricFailed):
    """The metric took longer than its params allow."""

    meaning = "The metric took longer than its params allow for."


class RunStopped(SysmonError):
    """The run was stopped before its end; the text says by whom."""

    meaning = "The run was stopped before it was done; `detail` says by whom."


class TaskNotFound(SysmonError):
    """No task of this id: never made, expired, deleted, or not this caller's to see."""

    meaning = (
        "There is no task of this id: it was never made, has expired, was deleted, or is another's."
    )


class TooManyTasks(SysmonError):
    """As many tasks are open, in all or of this client, as the settings allow."""

    meaning = "As many tasks as are allowed are open, in all or for this client."


class TasksUnavailable(SysmonError):
    """Redis, which holds the tasks, cannot be reached or refuses to write."""

    meaning = "Redis, which holds the tasks, cannot be reached or refuses to write."


class DatabaseUnavailable(SysmonError):
    """The users' database cannot be reached, is locked, or has not been migrated."""

    meaning = "The database of the users cannot be reached, is locked, or has not been migrated."


class DatabaseTimeout(DatabaseUnavailable):
    """The users' database did not answer in time, or is not answering."""


class AuditStalled(SysmonError):
    """The audit log takes no more lines, so an operation that needs one was not done."""

    meaning = "The audit log takes no more lines, and nothing is done that it could not record."


class WorkerMissing(SysmonError):
    """No worker is connected to Redis."""

    meaning = "No worker runs, so that tasks would wait."


class NotReady(SysmonError):
    """A part that the service needs is not available; the text names it."""

    meaning = "Something that the service needs is missing; `detail` names it."


class TooManyGuesses(SysmonError):
    """So many passwords have been tried that this one was not checked."""

    meaning = "Too many passwords have been tried, so this one was not checked."

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many passwords have been tried: wait before the next")
        self.retry_after = max(1, math.ceil(seconds))


class TooManyLogins(SysmonError):
    """As many passwords are being checked, and wait for it, as the settings allow."""

    meaning = "As many passwords as may be checked at once are being checked."


class CountersUnavailable(SysmonError):
    """The store of the counters that all processes share cannot be reached."""

    meaning = "What is counted together with other processes cannot be counted now."


class TooManyLists(SysmonError):
    """Another long list of users is being made; one is made at a time."""

    meaning = "Another long list of users is being made."


class UserNotFound(SysmonError):
    """No user of this name."""

    meaning = "There is no user of this name."


class UserExists(SysmonError):
    """Another user has this name already."""

    meaning = "Another user has this name already."


class LastAdmin(SysmonError):
    """The change would leave no admin, who could undo it."""

    meaning = "The change would leave no admin."

"""Every exception that the project raises; none of them knows of HTTP."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what a caller sent.

    Args:
        name: the field's name.
        detail: what to do about it.
        place: where the field was, ``body`` or ``query``; set by whoever read it from there.
    """

    name: str
    detail: str
    place: str = "body"


def told(error: BaseException) -> str:
    """An exception of a stranger's on one line: even one that is empty, or cannot be shown."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - its own __str__ may raise anything
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class SysmonError(Exception):
    """The base of all of them; its text is written for a person.

    Attributes:
        meaning: what it means to a client, as the API document has it, in a sentence.
        retry_after: seconds after which to try again, where that may help.
    """

    meaning: ClassVar[str] = ""
    retry_after: int = 1


class ConfigurationError(SysmonError):
    """The start cannot go on: a setting is wrong, with the remedy in the text."""


class PluginError(ConfigurationError):
    """The start cannot go on: a plugin is at fault; the text names its distribution."""


class InvalidInput(SysmonError):
    """What the caller sent breaks a rule.

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
    """The page of another site had a browser make a request that starts, changes or stops."""

    meaning = "A page of another site had a browser make the request."


class TooManyRuns(SysmonError):
    """Every slot for runs that keep their caller waiting is taken."""

    meaning = "As many runs as may keep their callers waiting are under way."


class TooManyRequests(SysmonError):
    """So many requests of one class of work wait for a thread that one more would wait too long."""

    meaning = "Too many requests of this kind wait already."


class ProgramMissing(SysmonError):
    """The program behind a metric is not on this host; the text names its package."""

    meaning = "The program behind the metric is not on this host; `detail` names its package."


class ExtraMissing(SysmonError):
    """An optional part of sysmon is not installed; the text says how to install it."""

    meaning = "An optional part of sysmon is not installed; `detail` says how to install it."


class MetricFailed(SysmonError):
    """The metric could not be collected, or what it printed could not be used."""

    meaning = "The metric could not be collected, or its output could not be read."


class PluginFault(MetricFailed):
    """A metric's own code did what it must not; whoever knows the plugin adds whose fault it is."""


class MetricTimeout(MetricFailed):
    """The metric took longer than its params allow for."""

    meaning = "The metric took longer than its params allow for."


class RunStopped(SysmonError):
    """Somebody ended the run before it was done; the text says who."""

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
    """The users' database did not answer in time, or does not since."""


class AuditStalled(SysmonError):
    """The audit takes no more lines: what would add one is not done."""

    meaning = "The audit log takes no more lines, and nothing is done that it could not record."


class WorkerMissing(SysmonError):
    """No worker is connected to Redis."""

    meaning = "No worker runs, so that tasks would wait."


class NotReady(SysmonError):
    """Something that the service needs is not there; the text names the parts."""

    meaning = "Something that the service needs is missing; `detail` names it."


class TooManyGuesses(SysmonError):
    """So many passwords have been tried that this one was not looked at."""

    meaning = "Too many passwords have been tried, so this one was not checked."

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many passwords have been tried: wait before the next")
        self.retry_after = max(1, math.ceil(seconds))


class TooManyLogins(SysmonError):
    """As many passwords as the settings allow are being checked."""

    meaning = "As many passwords as may be checked at once are being checked."


class CountersUnavailable(SysmonError):
    """What is counted together with other processes cannot be counted there."""

    meaning = "What is counted together with other processes cannot be counted now."


class TooManyLists(SysmonError):
    """Another long list of users is being made."""

    meaning = "Another long list of users is being made."


class UserNotFound(SysmonError):
    """No user of this name."""

    meaning = "There is no user of this name."


class UserExists(SysmonError):
    """Another user has this name already."""

    meaning = "Another user has this name already."


class LastAdmin(SysmonError):
    """The change would leave nobody who could undo it."""

    meaning = "The change would leave no admin."

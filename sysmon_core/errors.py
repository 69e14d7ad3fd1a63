"""Every exception that the project raises; none of them knows of HTTP."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what a caller sent: the field's name, and what to do about it."""

    name: str
    detail: str


def describe(error: BaseException) -> str:
    """Describe a foreign exception on one line: its type, and its text if it has one."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a foreign __str__ may raise anything
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class SysmonError(Exception):
    """The base of all of them; its text is written for a person.

    ``retry_after`` is in how many seconds it may be otherwise, where that is a matter of time.
    """

    retry_after: int = 1


class ConfigurationError(SysmonError):
    """The start cannot go on: a setting is wrong, with the remedy in the text."""


class PluginError(ConfigurationError):
    """The start cannot go on: a plugin is at fault; the text names its distribution."""


class InvalidInput(SysmonError):
    """What the caller sent breaks a rule; ``faults`` names each field and its trouble."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.name}: {fault.detail}" for fault in faults))
        self.faults = tuple(faults)


class RunTooLong(SysmonError):
    """A run with these params would take longer than the limit for its kind."""

    def __init__(self, limit: float) -> None:
        super().__init__(f"This run would take longer than the limit here, {limit:g} s")


class CrossSite(SysmonError):
    """The page of another site had a browser make a request that starts, changes or stops."""


class TooManyRuns(SysmonError):
    """Every slot for runs that keep their caller waiting is taken."""


class TooManyRequests(SysmonError):
    """So many requests of one class of work wait for a thread that one more would wait too long."""


class ProgramMissing(SysmonError):
    """The program behind a metric is not on this host; the text names its package."""


class ExtraMissing(SysmonError):
    """An optional part of sysmon is not installed; the text says how to install it."""


class MetricFailed(SysmonError):
    """The metric could not be collected, or what it printed could not be used."""


class PluginFault(MetricFailed):
    """A metric's own code did what it must not; whoever knows the plugin adds whose fault it is."""


class MetricTimeout(MetricFailed):
    """The metric took longer than its params allow for."""


class RunStopped(SysmonError):
    """Somebody ended the run before it was done; the text says who."""


class TaskNotFound(SysmonError):
    """No task of this id: never made, expired, deleted, or not this caller's to see."""


class TooManyTasks(SysmonError):
    """As many tasks are open, in all or of this client, as the settings allow."""


class TasksUnavailable(SysmonError):
    """Redis, which holds the tasks, cannot be reached or refuses to write."""


class DatabaseUnavailable(SysmonError):
    """The users' database cannot be reached, is locked, or has not been migrated."""


class DatabaseTimeout(DatabaseUnavailable):
    """The users' database did not answer in time, or does not since."""


class AuditStalled(SysmonError):
    """The audit takes no more lines: what would add one is not done."""


class NotReady(SysmonError):
    """Something that the service needs is not there; the text names the parts."""


class TooManyGuesses(SysmonError):
    """So many passwords have been tried that this one was not looked at."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many passwords have been tried: wait before the next")
        self.retry_after = max(1, math.ceil(seconds))


class TooManyLogins(SysmonError):
    """As many passwords as the settings allow are being checked."""


class CountersUnavailable(SysmonError):
    """What is counted together with other processes cannot be counted there."""


class TooManyLists(SysmonError):
    """Another long list of users is being made."""


class UserNotFound(SysmonError):
    """No user of this name."""


class UserExists(SysmonError):
    """Another user has this name already."""


class LastAdmin(SysmonError):
    """The change would leave nobody who could undo it."""

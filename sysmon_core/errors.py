"""All exceptions of the project, which know nothing of HTTP.

The first line of a docstring is a sentence for clients: the API document shows it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


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


class SysmonError(Exception):
    """Something is wrong that this service cannot mend; ``detail`` says what.

    This is the base of all exceptions; its text is written for a person.

    Attributes:
        retry_after: the value of the header Retry-After, in seconds, for errors that pass.
    """

    retry_after: int = 1


def code_of(kind: type[SysmonError]) -> str:
    """Return the name of the problem that an error is: its class in kebab-case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


class ConfigurationError(SysmonError):
    """A setting is wrong, so the program cannot start; the text has the remedy."""


class PluginError(ConfigurationError):
    """A plugin is at fault, so the program cannot start; the text names its distribution."""


class InvalidInput(SysmonError):
    """The input breaks a rule; ``errors`` names each field and what is wrong with it.

    Args:
        faults: each field that is wrong.
        detail: the text of the error; made of the faults if it is empty.
    """

    def __init__(self, faults: Iterable[Fault], detail: str = "") -> None:
        self.faults = tuple(faults)
        super().__init__(detail or "; ".join(f"{one.name}: {one.detail}" for one in self.faults))


class RunTooLong(InvalidInput):
    """The run would take longer than the limit here; ``detail`` names the limit.

    Args:
        limit: in seconds.
        places: where each param that led past it was, by its name.
        advice: what else to do, without a full stop.
    """

    def __init__(self, limit: float, places: Mapping[str, str] = {}, advice: str = "") -> None:
        text = f"This run would take longer than the limit here, {limit:g} s"
        faults = [Fault(name, text, place) for name, place in sorted(places.items())]
        super().__init__(faults, f"{text}; {advice}" if advice else text)
        self.limit = limit


class CrossSite(SysmonError):
    """A page of another site made a browser send a request that would change something."""


class CredentialsInClear(SysmonError):
    """Credentials came over plain HTTP, which the setting ``tls_only`` forbids."""


class TooManyRuns(SysmonError):
    """As many runs as may keep their callers waiting are under way."""


class TooManyRequests(SysmonError):
    """Too many requests of this kind wait already."""


class HostNotFound(SysmonError):
    """No host of this name can be asked here."""


class ProblemNotFound(SysmonError):
    """No problem has this name."""


class MetricUnavailable(SysmonError):
    """The host lacks what the metric needs; ``detail`` says what, and which package has it."""


class ExtraMissing(SysmonError):
    """An optional part of sysmon is not installed; ``detail`` says how to install it."""


class MetricFailed(SysmonError):
    """The metric could not be collected, or its output could not be used."""

    def __init__(self, detail: str, place: str = "") -> None:
        super().__init__(detail)
        self.place = place  # file, line and function of the plugin; no client sees it


class PluginFault(MetricFailed):
    """A metric's own code broke its contract; the executor adds the plugin to the text."""


class HostFault(MetricFailed):
    """The host, or a library that reads it, failed a metric; the executor adds the plugin."""


class MetricTimeout(MetricFailed):
    """The metric took longer than its params allow."""


class RunStopped(SysmonError):
    """The run was stopped before its end; ``detail`` says by whom."""


class TaskNotFound(SysmonError):
    """No task has this id: it never existed, has expired, was deleted, or is another's."""


class TooManyTasks(SysmonError):
    """As many tasks as are allowed are open, in all or for this client."""


class WorkerLost(SysmonError):
    """The worker that ran the task was lost, so nobody knows how the run would have ended."""


class NotStartedInTime(SysmonError):
    """No worker began the task within the time that its client had given it."""


class MessageUnreadable(SysmonError):
    """The message that has a worker run the task could not be read."""


class IdempotencyKeyReused(SysmonError):
    """The Idempotency-Key was used before, for a request with another body."""


class TasksUnavailable(SysmonError):
    """Redis, which holds the tasks, cannot be reached or refuses to write.

    Args:
        refusal: why Redis refuses, as a sentence; empty if it does not answer.
    """

    def __init__(self, detail: str, refusal: str = "") -> None:
        super().__init__(detail)
        self.refusal = refusal


class DatabaseUnavailable(SysmonError):
    """The users' database cannot be reached, is locked, or has not been migrated."""


class DatabaseTimeout(DatabaseUnavailable):
    """The users' database did not answer in time, or is not answering."""


class AuditStalled(SysmonError):
    """The audit log takes no more lines, so operations that need one are refused."""


class WorkerMissing(SysmonError):
    """No worker is connected to Redis, so tasks would wait."""


class NotReady(SysmonError):
    """A part that the service needs is not available; ``detail`` names it."""


class LoginRefused(SysmonError):
    """The name or the password is wrong."""


class TooManyGuesses(SysmonError):
    """Too many wrong passwords or tokens have been tried, so this one was refused.

    Args:
        seconds: until another one may be tried.
        guessed: what has been tried: ``passwords`` or ``tokens``.
    """

    def __init__(self, seconds: float, guessed: str = "passwords") -> None:
        super().__init__(f"Too many {guessed} have been tried: wait before the next")
        self.retry_after = max(1, math.ceil(seconds))


class TooManyLogins(SysmonError):
    """As many passwords as may be checked at once are being checked, and others wait."""


class CountersUnavailable(SysmonError):
    """The store of counters that all processes share cannot be reached."""


class TooManyLists(SysmonError):
    """Another long list of users is being made; one is made at a time."""


class UserNotFound(SysmonError):
    """No user has this name."""


class UserExists(SysmonError):
    """Another user has this name already."""


class TokenNotFound(SysmonError):
    """No token has this id."""


class TokenInsufficient(SysmonError):
    """The token does not permit this."""


class TooManyTokens(SysmonError):
    """The user has as many tokens as one may have."""


class LastAdmin(SysmonError):
    """The change would leave no admin who could undo it."""

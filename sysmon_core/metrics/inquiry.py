"""Inquiry: asks a metric, once, whether its host can have it, and remembers the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Lock, Thread

from sysmon_core.errors import MetricUnavailable, PluginFault
from sysmon_core.metrics.culprit import place_of
from sysmon_core.metrics.host_facts import Host
from sysmon_core.printable import describe, one_line

ANSWER_SECONDS = 5.0  # that a metric has to say whether its host can have it

Available = Callable[[Host], str | None]


class Inquiry:
    """Asks a metric's function ``available`` in a thread, when somebody first needs the answer.

    Args:
        available: the function; None if every host can have the metric.
        host: the host that it is asked about.
        seconds: how long callers wait for it, from its start.
    """

    def __init__(
        self, available: Available | None, host: Host, seconds: float = ANSWER_SECONDS
    ) -> None:
        self._available = available
        self._host = host
        self._seconds = seconds
        self._lock = Lock()
        self._answer: Future[object] | None = None
        self._deadline = 0.0

    def begin(self) -> None:
        """Ask, unless somebody has; wait for nothing."""
        if self._available is None:
            return
        with self._lock:
            if self._answer is None:
                self._deadline = time.monotonic() + self._seconds
                self._answer = _asked(self._available, self._host)

    def require(self) -> None:
        """Refuse a metric that says why its host cannot have it.

        Raises:
            MetricUnavailable: the sentence of the metric.
            PluginFault: the function raised something, gave no sentence, or has not answered in
                time; an answer that comes later counts from then on.
        """
        self.begin()
        if self._answer is not None and (reason := self._reason(self._answer)):
            raise MetricUnavailable(reason)

    def _reason(self, answer: Future[object]) -> str | None:
        try:
            error = answer.exception(max(0.0, self._deadline - time.monotonic()))
        except TimeoutError:
            raise PluginFault(
                f"it did not say within {self._seconds:g} s whether this host has what it needs"
            ) from None
        if error is not None:
            what = f"it failed to look for what it needs ({describe(error)})"
            raise PluginFault(what, place_of(error)) from error
        return _sentence(answer.result())


def _asked(available: Available, host: Host) -> Future[object]:
    """Ask in a thread of its own, which is given up if it hangs."""
    answer: Future[object] = Future()

    def ask() -> None:
        try:
            answer.set_result(available(host))
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
            answer.set_exception(error)

    context = copy_context()  # so that what the plugin logs has the request's id
    Thread(target=context.run, args=(ask,), name="sysmon-available", daemon=True).start()
    return answer


def _sentence(given: object) -> str | None:
    """Return the reason on one line, without characters that JSON or a terminal cannot have."""
    if given is None:
        return None
    if not isinstance(given, str) or not given.strip():
        raise PluginFault(
            "its function available returned neither None nor a sentence that says why this host "
            "cannot have it"
        )
    return one_line(given)

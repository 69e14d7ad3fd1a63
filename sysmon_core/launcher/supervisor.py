"""Runs the parts under supervisor (supervisord.org), in this process.

This overrides methods and sets attributes of supervisor: setup.py pins the version that has them.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from supervisor import events
from supervisor.loggers import LevelsByName
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

from sysmon_core.errors import SysmonError
from sysmon_core.logs import ignore_rotation

CONFIGURATION = Path(__file__).with_name("supervisord.conf")
STDOUT = 1

Explain = Callable[
    [str, str], str
]  # the sentence about a part, by its name and supervisor's reason


def run(values: Mapping[str, str], explain: Explain) -> int:
    """Run the programs of supervisord.conf until TERM, INT or HUP; return the exit status.

    It is 1 if the step failed that prepares the database, which has printed the reason.

    Args:
        values: the variables of the file, each ``%(name)s``.
        explain: makes the sentence about a part that cannot be started.

    Raises:
        SysmonError: a part could not be started again and again, and the others were stopped.
    """
    options = _Options(values)
    options.realize(["-c", str(CONFIGURATION)])
    options.first, options.test = True, False  # as supervisor's own main() sets them
    supervisor = _Supervisor(options)
    supervisor.explain = explain
    with suppress(ExitNow):  # raised when everything has stopped
        supervisor.main()
    if supervisor.failure:
        raise SysmonError(supervisor.failure)
    return supervisor.status


class _Supervisor(Supervisor):  # type: ignore[misc]  # supervisor ships no types
    """Starts programs without supervisor's first delay of a second, and stops if a step fails."""

    status = 0
    failure = ""  # the sentence about the part that could not be started
    explain: Explain

    def runforever(self) -> None:
        """Start the programs by their priority, then supervise them."""
        events.subscribe(events.ProcessStateExitedEvent, self._see_exit)
        events.subscribe(events.ProcessStateFatalEvent, self._see_failure)
        events.subscribe(events.ProcessLogStdoutEvent, _print)
        for group in sorted(self.process_groups.values()):
            group.transition()
        super().runforever()

    def _see_exit(self, event: Any) -> None:
        """Stop everything if a program has failed that is not restarted."""
        if event.process.exitstatus and not event.process.config.autorestart:
            self.status = 1
            self._stop_silently()

    def _see_failure(self, event: Any) -> None:
        """Stop everything if a part cannot be started; a stop ends the retries of any part so."""
        if self.options.mood >= SupervisorStates.RUNNING:
            self.failure = self.explain(event.process.config.name, event.process.spawnerr)
            self._stop_silently()

    def _stop_silently(self) -> None:
        """Stop everything, and log nothing: the step that failed has printed the reason."""
        self.options.logger.level = LevelsByName.CRIT
        for group in self.process_groups.values():
            for program in group.config.process_configs:
                program.stopsignal = signal.SIGTERM  # at INT Python prints a traceback
        self.options.mood = SupervisorStates.SHUTDOWN


def _print(event: Any) -> None:
    """Write what a part printed to the standard output that this process inherited.

    Its path, /dev/fd/1, cannot be opened where it is a socket or another user's terminal. That the
    reader is gone is no reason to end.
    """
    data = event.data
    with suppress(OSError):
        while data:
            select.select((), (STDOUT,), ())  # the reader may have made it non-blocking
            data = data[os.write(STDOUT, data) :]


class _Options(ServerOptions):  # type: ignore[misc]  # supervisor ships no types
    """Sets the variables of supervisord.conf, keeps the user, and ends at HUP."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__()
        self.environ_expansions |= values

    def set_uid_or_exit(self) -> None:
        """Keep the user: supervisor would warn root."""

    def setsignals(self) -> None:
        """Stop at HUP, at which supervisor restarts everything; ignore it under nohup."""
        ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        super().setsignals()
        ignore_rotation()
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else self._hang_up)

    def _hang_up(self, _number: int, frame: Any) -> None:
        self.signal_receiver.receive(signal.SIGTERM, frame)

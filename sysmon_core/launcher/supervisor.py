"""Runs the parts under supervisor (supervisord.org), in this process.

It overrides four methods of supervisor's and sets two of its attributes: look at these when its
version changes.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from supervisor import events
from supervisor.loggers import LevelsByName
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

CONFIGURATION = Path(__file__).with_name("supervisord.conf")


def run(values: Mapping[str, str]) -> int:
    """Run the programs of supervisord.conf until they are to stop; return the exit status.

    Args:
        values: what stands in the file as ``%(name)s``.
    """
    options = _Options(values)
    options.realize(["-c", str(CONFIGURATION)])
    options.first, options.test = True, False  # as supervisor's own main() sets them
    supervisor = _Supervisor(options)
    with suppress(ExitNow):  # by which supervisor ends
        supervisor.main()
    return supervisor.status


class _Supervisor(Supervisor):  # type: ignore[misc]  # supervisor ships no types
    """Starts at once, where supervisor first waits a second, and stops where a step failed."""

    status = 0

    def runforever(self) -> None:
        """Start the programs by their priority, then watch over them."""
        events.subscribe(events.ProcessStateExitedEvent, self._see_exit)
        for group in sorted(self.process_groups.values()):
            group.transition()
        super().runforever()

    def _see_exit(self, event: Any) -> None:
        """Stop everything where a program that is not started again has failed."""
        if event.process.exitstatus and not event.process.config.autorestart:
            self.status = 1
            self._stop_silently()

    def _stop_silently(self) -> None:
        """Stop everything, and log nothing: the step that failed has printed why."""
        self.options.logger.level = LevelsByName.CRIT
        for group in self.process_groups.values():
            for program in group.config.process_configs:
                program.stopsignal = signal.SIGTERM  # INT prints where an import was
        self.options.mood = SupervisorStates.SHUTDOWN


class _Options(ServerOptions):  # type: ignore[misc]  # supervisor ships no types
    """Takes values for supervisord.conf, keeps its user, and ends when the terminal is closed."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__()
        self.environ_expansions |= values

    def set_uid_or_exit(self) -> None:
        """Stay who started this: supervisor would warn root."""

    def setsignals(self) -> None:
        """Have HUP end all, unless under nohup: supervisor would start all again."""
        ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        super().setsignals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else self._hang_up)

    def _hang_up(self, _number: int, frame: Any) -> None:
        self.signal_receiver.receive(signal.SIGTERM, frame)

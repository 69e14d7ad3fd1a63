"""The runner of `make run`: supervisor's, in this process, with three ways of its own."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from supervisor import events
from supervisor.loggers import LevelsByName
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

CONFIGURATION = Path(__file__).parent / "supervisord.conf"


def run() -> int:
    """Run the programs of supervisord.conf until they are to stop; gives the exit status."""
    options = Options()
    options.realize(["-c", str(CONFIGURATION)])
    options.first, options.test = True, False  # what supervisor's own main() says
    runner = Runner(options)
    with suppress(ExitNow):  # which is how it ends
        runner.main()
    return runner.status


class Runner(Supervisor):  # type: ignore[misc]  # it ships no types
    """Starts at once, where supervisor first waits a second; stops where a step has failed."""

    status = 0

    def runforever(self) -> None:
        """Start the programs by their priority, then watch over them."""
        events.subscribe(events.ProcessStateExitedEvent, self._look_at)
        for group in sorted(self.process_groups.values()):
            group.transition()
        super().runforever()

    def _look_at(self, event: Any) -> None:
        """Of what ended: what is not started again must have ended well."""
        if event.process.exitstatus and not event.process.config.autorestart:
            self.status = 1
            self._stop_without_a_word()

    def _stop_without_a_word(self) -> None:
        """The step has said why, which is all that matters now."""
        self.options.logger.level = LevelsByName.CRIT
        for group in self.process_groups.values():
            for process in group.processes.values():
                process.config.stopsignal = signal.SIGTERM  # INT prints where an import was
        self.options.mood = SupervisorStates.SHUTDOWN


class Options(ServerOptions):  # type: ignore[misc]  # it ships no types
    """Ends where the terminal is closed, unless under nohup: supervisor would start all again."""

    def setsignals(self) -> None:
        """Have HUP mean TERM, or nothing where it means nothing already."""
        ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        super().setsignals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else self._hang_up)

    def _hang_up(self, _number: int, frame: Any) -> None:
        self.signal_receiver.receive(signal.SIGTERM, frame)

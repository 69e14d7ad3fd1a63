"""Several processes that serve the same sockets, and the one that watches over them."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable

from sysmon_core.server.options import Options

PAUSE_SECONDS = 1.0  # before a process that ended is replaced, so that a fault is no busy loop
EXTRA_SECONDS = 2.0  # beyond their own time-out, before processes that hang are killed
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
HEARD = (*ENDING, signal.SIGCHLD)

logger = logging.getLogger(__name__)


def supervise(options: Options, serve: Callable[[], None]) -> None:
    """Fork the processes, replace each that ends, and stop them all at TERM, INT or HUP.

    They share the queue of new connections, so that none is lost with a process, and the memory of
    what was loaded before. This returns in each of them, too, once it has served.
    """
    gc.freeze()  # a collection would write to the pages that they share
    watch = _Watch()
    while True:
        if watch.fill(options.processes):
            serve()
            return
        all_there = len(watch.children) == options.processes
        if watch.heard(None if all_there else PAUSE_SECONDS) in ENDING:
            break
        if watch.reap():
            time.sleep(PAUSE_SECONDS)
    watch.stop(options.shutdown_timeout + EXTRA_SECONDS)


class _Watch:
    """The children of this process, and the signals that it hears of them and for them."""

    def __init__(self) -> None:
        self.children: set[int] = set()
        self._parent = os.pipe()  # its reading end is at its end once this process is gone
        self._signals, self._wakeup = os.pipe()
        os.set_blocking(self._wakeup, False)
        self._before = {number: signal.getsignal(number) for number in HEARD}
        for number in HEARD:
            if self._before[number] != signal.SIG_IGN:  # as nohup has it for HUP
                signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup)

    def fill(self, processes: int) -> bool:
        """Start the children that are missing; true in a child."""
        try:
            while len(self.children) < processes:
                if self._fork():
                    return True
        except OSError as error:
            logger.warning("no process can be started, trying again: %s", error)
        return False

    def _fork(self) -> bool:
        """Start a child, in which a signal waits until it has handlers of its own."""
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        try:
            pid = os.fork()
            if not pid:
                self._begin_child()
                return True
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        self.children.add(pid)
        logger.info("process %s serves", pid)
        return False

    def _begin_child(self) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if handler == signal.SIG_IGN else signal.SIG_DFL)
        os.close(self._parent[1])
        threading.Thread(target=self._follow, daemon=True, name="parent").start()

    def _follow(self) -> None:
        """Stop this child when its parent was killed: nobody else would."""
        os.read(self._parent[0], 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def heard(self, seconds: float | None = None) -> int:
        """Wait for a signal; 0 if none comes in time."""
        ready, _, _ = select.select([self._signals], [], [], seconds)
        return os.read(self._signals, 1)[0] if ready else 0

    def reap(self) -> bool:
        """Forget the children that have ended; whether there was one."""
        before = len(self.children)
        for pid in list(self.children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                logger.warning("process %s ended (%s)", pid, os.waitstatus_to_exitcode(status))
                self.children.discard(pid)
        return len(self.children) < before

    def stop(self, seconds: float) -> None:
        """Stop the children, and kill those that are left then."""
        self._signal(signal.SIGTERM)
        end = time.monotonic() + seconds
        while self.children and time.monotonic() < end:
            self.heard(end - time.monotonic())
            self.reap()
        self._signal(signal.SIGKILL)
        for pid in self.children:
            os.waitpid(pid, 0)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

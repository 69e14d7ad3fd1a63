"""Runs several processes that serve the same sockets, and replaces each that ends."""

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

PAUSE_SECONDS = 1.0  # before a process is replaced: one that fails at once makes no busy loop
EXTRA_SECONDS = 2.0  # after the shutdown timeout, before processes that hang are killed
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
HANDLED_SIGNALS = (*STOP_SIGNALS, signal.SIGCHLD)

logger = logging.getLogger(__name__)


def supervise(options: Options, serve: Callable[[], None]) -> None:
    """Fork the processes, replace each that ends, and stop them all at TERM, INT or HUP.

    The processes share the queue of new connections, so that none is lost when one ends, and the
    memory of what was loaded before. This function returns in each of them too, after ``serve``.
    """
    gc.freeze()  # a collection would write to shared pages, and so copy them
    children = _Children()
    while True:
        if children.start_missing(options.processes):
            serve()
            return
        complete = len(children.pids) == options.processes
        if children.wait_for_signal(None if complete else PAUSE_SECONDS) in STOP_SIGNALS:
            break
        if children.reap():
            time.sleep(PAUSE_SECONDS)
    children.stop(options.shutdown_timeout + EXTRA_SECONDS)


class _Children:
    """The processes that serve, and the signals that this process gets."""

    def __init__(self) -> None:
        self.pids: set[int] = set()
        self._parent = os.pipe()  # children read its end of file when this process is gone
        self._signals, self._wakeup = os.pipe()
        os.set_blocking(self._wakeup, False)
        self._before = {number: signal.getsignal(number) for number in HANDLED_SIGNALS}
        for number in HANDLED_SIGNALS:
            if self._before[number] != signal.SIG_IGN:  # nohup ignores HUP
                signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup)

    def start_missing(self, processes: int) -> bool:
        """Start the children that are missing; return whether this process is one of them."""
        try:
            while len(self.pids) < processes:
                if self._fork():
                    return True
        except OSError as error:
            logger.warning("A process cannot be started, and is tried again: %s", error)
        return False

    def _fork(self) -> bool:
        """Start a child; signals that arrive before it has its own handlers stay pending."""
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED_SIGNALS)
        try:
            pid = os.fork()
            if not pid:
                self._begin_child()
                return True
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        self.pids.add(pid)
        logger.info("process %s serves", pid)
        return False

    def _begin_child(self) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if handler == signal.SIG_IGN else signal.SIG_DFL)
        os.close(self._parent[1])
        threading.Thread(target=self._end_with_parent, daemon=True, name="parent").start()

    def _end_with_parent(self) -> None:
        """Stop this child when its parent was killed."""
        os.read(self._parent[0], 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def wait_for_signal(self, seconds: float | None = None) -> int:
        """Wait for a signal; return its number, or 0 if none arrives in time."""
        ready, _, _ = select.select([self._signals], [], [], seconds)
        return os.read(self._signals, 1)[0] if ready else 0

    def reap(self) -> bool:
        """Remove the children that have ended; return whether there was one."""
        before = len(self.pids)
        for pid in list(self.pids):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                logger.warning("process %s ended (%s)", pid, os.waitstatus_to_exitcode(status))
                self.pids.discard(pid)
        return len(self.pids) < before

    def stop(self, seconds: float) -> None:
        """Stop the children; kill those that are left after so many seconds."""
        self._signal(signal.SIGTERM)
        end = time.monotonic() + seconds
        while self.pids and time.monotonic() < end:
            self.wait_for_signal(end - time.monotonic())
            self.reap()
        self._signal(signal.SIGKILL)
        for pid in self.pids:
            os.waitpid(pid, 0)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

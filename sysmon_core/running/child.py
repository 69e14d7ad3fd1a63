"""Child: a program that was started, and the end of its whole process group."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from dataclasses import dataclass
from typing import Self

from sysmon_core.errors import MetricFailed

TERM_GRACE_SECONDS = 0.3  # between TERM and KILL: a caller may wait for a cancel
KILL_GRACE_SECONDS = 5.0  # after KILL: much memory, or a slow disk, takes a process a while


@dataclass(frozen=True)
class Child:
    """A program in a session of its own.

    Args:
        popen: the leader of its process group.
        exit_fd: readable once the leader has ended; None where the system has no pidfd.
    """

    popen: subprocess.Popen[bytes]
    exit_fd: int | None

    @classmethod
    def of(cls, popen: subprocess.Popen[bytes]) -> Self:
        """Make one, with a pidfd if the system has them and one is left."""
        with contextlib.suppress(AttributeError, OSError):
            return cls(popen, os.pidfd_open(popen.pid))
        return cls(popen, None)

    def close(self) -> None:
        """Close all descriptors."""
        for stream in (self.popen.stdout, self.popen.stderr):
            if stream is not None:
                stream.close()
        if self.exit_fd is not None:
            os.close(self.exit_fd)

    def end(self, program: str) -> None:
        """End the whole process group: by TERM, by KILL after a grace period; reap its leader.

        Raises:
            MetricFailed: the leader still runs.
        """
        if not self._has_ended(0):
            self._signal(signal.SIGTERM)
            self._has_ended(TERM_GRACE_SECONDS)
        # Before the leader is reaped: until then no other group can have its number.
        permitted = self._signal(signal.SIGKILL)
        if self._has_ended(KILL_GRACE_SECONDS if permitted else 0):
            self.popen.wait()
            return
        failure = MetricFailed(f"{program} could not be ended: {_hold(self.popen.pid)}")
        threading.Thread(target=self.popen.wait, name="sysmon-late-end", daemon=True).start()
        raise failure

    def _has_ended(self, seconds: float) -> bool:
        if self.exit_fd is not None:
            ending = select.poll()  # select() knows no descriptor above 1023
            ending.register(self.exit_fd, select.POLLIN)
            return bool(ending.poll(seconds * 1000))
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(seconds)
        return self.popen.returncode is not None

    def _signal(self, number: signal.Signals) -> bool:
        """Send a signal to the group; false if no process of it may be sent one."""
        with contextlib.suppress(ProcessLookupError):
            try:
                os.killpg(self.popen.pid, number)
            except PermissionError:
                return False
        return True


def _hold(pid: int) -> str:
    """Say what keeps a process from ending, and what to do."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return (
            f"its process {pid} has rights that sysmon has not: end it as root, and let the metric "
            "start no program with such rights"
        )
    return (
        f"its process {pid} hangs in the kernel, as on a disk or file system that does not "
        "answer: see to that"
    )

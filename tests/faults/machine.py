"""What the kernel knows of processes and their sockets."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import PATIENCE

PTRACE_SEIZE, PTRACE_INTERRUPT, WAIT_ALL = 0x4206, 0x4207, 0x40000000  # of ptrace(2), waitpid(2)


@dataclass(frozen=True)
class Process:
    """A process that runs, or is stopped, but is no zombie."""

    pid: int
    parent: int
    session: int
    command: str
    environ: bytes


def processes() -> Iterator[Process]:
    """All processes of this machine that may be looked at."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent, _, session = (place / "stat").read_text().rpartition(")")[2].split()[:4]
            words = (place / "cmdline").read_bytes().decode("utf-8", "replace")
            if state not in "ZX":
                environ = (place / "environ").read_bytes()
                command = words.replace("\0", " ").strip()
                yield Process(int(place.name), int(parent), int(session), command, environ)


def port_of(pid: int) -> int | None:
    """The TCP port on which a process listens, once it does."""
    with contextlib.suppress(OSError):
        links = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
        for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
            row = line.split()
            if row[3] == "0A" and f"socket:[{row[9]}]" in links:
                return int(row[1].partition(":")[2], 16)
    return None


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@dataclass(frozen=True)
class Started:
    """A process that a test started, in a session of its own, and the file of what it prints."""

    popen: subprocess.Popen[bytes]
    output: Path

    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def kill(self) -> None:
        """End it as a crash would, and reap it."""
        self.popen.kill()
        self.popen.wait()

    def freeze(self) -> None:
        """Have it hang."""
        self.popen.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.popen.send_signal(signal.SIGCONT)

    def terminate(self) -> int:
        """Ask it to end, and wait until it has."""
        self.popen.terminate()
        return self.popen.wait(PATIENCE * 2)


def thread_of(pid: int, name: str) -> int:
    """The thread of a process whose name begins so."""
    (thread,) = (
        int(place.name)
        for place in Path(f"/proc/{pid}/task").iterdir()
        if (place / "comm").read_text().startswith(name)
    )
    return thread


@contextlib.contextmanager
def held(thread: int) -> Iterator[None]:
    """Stop one thread of a process that this one started; the process must end within."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_SEIZE, thread, 0, 0):
        pytest.skip(f"threads cannot be held here: {os.strerror(ctypes.get_errno())}")
    libc.ptrace(PTRACE_INTERRUPT, thread, 0, 0)
    try:
        yield
    finally:
        os.waitpid(thread, WAIT_ALL)  # it has stopped
        with contextlib.suppress(ChildProcessError):
            os.waitpid(thread, WAIT_ALL)  # it has ended

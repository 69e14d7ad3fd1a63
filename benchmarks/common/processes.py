"""Processes of ours: started, watched in /proc, and ended by their ids."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
PATIENCE = 30.0  # seconds: far more than anything waited for here takes


def until(condition: Callable[[], object], what: str, pause: float, patience: float) -> None:
    """Wait for a condition, looking every ``pause`` seconds.

    Raises:
        RuntimeError: it did not come true.
    """
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not happen within {patience:.0f} s")
        time.sleep(pause)


def free_port() -> int:
    """Return a port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Entry:
    """A process: seconds of CPU so far, its own and of its children that have ended."""

    process: psutil.Process
    name: str
    own: float
    reaped: float

    @property
    def pid(self) -> int:
        """Its id."""
        return self.process.pid


def tree(root: int) -> list[Entry]:
    """Return the process and all below it; those that end meanwhile are left out."""
    found = []
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(root)
        for process in [top, *top.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                own = times.user + times.system
                reaped = times.children_user + times.children_system
                found.append(Entry(process, process.name(), own, reaped))
    return found


def memory(entries: Iterable[Entry]) -> float:
    """Their proportional set size in MB: what is shared is divided among those who share it."""
    total = 0
    for entry in entries:
        with contextlib.suppress(psutil.Error):
            total += entry.process.memory_full_info().pss
    return total / (1 << 20)


def launcher(name: str) -> list[str]:
    """Return the words that have the kernel send a signal to a program whose parent was killed.

    Linux has it.
    """
    setpriv = shutil.which("setpriv", path=SEARCH_PATH)
    return [setpriv, "--pdeathsig", name, "--"] if setpriv else []


class Process:
    """A process that is ours, with all that it starts; its output goes to a file."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._argv = argv
        with log.open("ab") as sink:
            self._popen = subprocess.Popen(  # noqa: S603 - our own programs
                [*launcher("TERM"), *argv],
                env=dict(environ),
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C is for us to pass on
            )
        self.pid = self._popen.pid

    def check(self) -> None:
        """Raise RuntimeError with the end of its output if it has ended."""
        if self._popen.poll() is not None:
            tail = self.log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self._argv[0]} ended: {tail}")

    def stop(self, number: signal.Signals = signal.SIGTERM, patience: float = 10.0) -> None:
        """Ask it to end; what is left of it and of what it started is then killed, by id."""
        below = tree(self.pid)
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(number)
        try:
            self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            below = tree(self.pid)
        finally:
            _kill(below)
            self._popen.wait()


def _kill(entries: Iterable[Entry]) -> None:
    for entry in entries:
        with contextlib.suppress(psutil.Error):
            entry.process.kill()  # unless its id is another process's by now

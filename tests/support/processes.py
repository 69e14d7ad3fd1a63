"""Processes: those that a test starts, and what the kernel shows of any."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sysmon_core.testing import until

END_SECONDS = 40.0  # far more than the end of any process here takes
START_SECONDS = 60.0  # on a busy machine


@dataclass(frozen=True)
class Process:
    """A process that runs or is stopped; ``environ`` is its environment at its start."""

    pid: int
    parent: int
    session: int
    command: str
    environ: str


def processes() -> Iterator[Process]:
    """All processes of this machine whose environment may be read; no zombies."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent, _, session = (place / "stat").read_text().rpartition(")")[2].split()[:4]
            command, environ = (
                (place / name).read_bytes().decode("utf-8", "replace").replace("\0", " ").strip()
                for name in ("cmdline", "environ")
            )
            if state not in "ZX":
                yield Process(int(place.name), int(parent), int(session), command, environ)


def listening(pid: int) -> set[str]:
    """The addresses of a process's listening TCP sockets, in the kernel's hexadecimal."""
    links = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    tables = [Path(f"/proc/{pid}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in links}


def port_of(pid: int) -> int | None:
    """The TCP port on which a process listens; None as long as it does not."""
    with contextlib.suppress(OSError):
        for address in listening(pid):
            return int(address.rpartition(":")[2], 16)
    return None


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@dataclass(frozen=True)
class Started:
    """A process that a test started in a session of its own, and the file of its output."""

    popen: subprocess.Popen[bytes]
    output: Path

    def printed(self) -> str:
        """Its standard output and standard error so far."""
        return self.output.read_text(errors="replace")

    def up(self, ready: Callable[[], object]) -> Self:
        """Wait for a condition; fail at once if the process ends before."""
        until(lambda: self.popen.poll() is not None or ready(), START_SECONDS)
        assert self.popen.poll() is None, self.printed()
        return self

    def children(self) -> list[int]:
        """The processes that it has started."""
        return [one.pid for one in processes() if one.parent == self.popen.pid]

    def wait(self) -> int:
        """Wait for its end; its status."""
        return self.popen.wait(END_SECONDS)

    def terminate(self) -> int:
        """Ask it to end, and wait for that; its status."""
        self.popen.terminate()
        return self.wait()

    def kill(self) -> None:
        """End it as a crash would, and reap it."""
        self.popen.kill()
        self.popen.wait()

    def freeze(self) -> None:
        """Stop it from running until ``thaw``."""
        self.popen.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.popen.send_signal(signal.SIGCONT)


def started(
    words: tuple[object, ...], environ: Mapping[str, str], folder: Path, output: Path
) -> Started:
    """Start a process in the folder, with this environment and nothing inherited."""
    with output.open("wb") as file:
        popen = subprocess.Popen(
            [*map(str, words)],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Started(popen, output)

"""Processes of ours: started, watched in /proc, and ended by their ids."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
PATIENCE = 30.0  # seconds: far more than anything waited for here takes


@dataclass(frozen=True)
class Entry:
    """One process as /proc shows it; times in seconds of CPU, ``reaped`` of children that ended."""

    pid: int
    parent: int
    name: str
    threads: int
    started: int
    own: float
    reaped: float


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
    """A port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def snapshot() -> dict[int, Entry]:
    """Every process, by its id."""
    entries = (_entry(path) for path in Path("/proc").iterdir() if path.name.isdigit())
    return {entry.pid: entry for entry in entries if entry is not None}


def _entry(folder: Path) -> Entry | None:
    try:
        text = (folder / "stat").read_text()
    except OSError:  # it ended meanwhile
        return None
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    own = (int(fields[11]) + int(fields[12])) / TICKS
    reaped = (int(fields[13]) + int(fields[14])) / TICKS
    name = head.partition("(")[2]
    parent, threads, started = int(fields[1]), int(fields[17]), int(fields[19])
    return Entry(int(folder.name), parent, name, threads, started, own, reaped)


def spent(entry: Entry) -> float:
    """Seconds of CPU of its own; to the nanosecond if it has one thread, else to the tick."""
    if entry.threads == 1:
        with contextlib.suppress(OSError):
            return int(Path(f"/proc/{entry.pid}/schedstat").read_text().split()[0]) / 1e9
    return entry.own


def tree(root: int) -> list[Entry]:
    """The process and all below it."""
    everyone = snapshot()
    children: dict[int, list[Entry]] = {}
    for entry in everyone.values():
        children.setdefault(entry.parent, []).append(entry)
    found = [everyone[root]] if root in everyone else []
    for entry in found:
        found.extend(children.get(entry.pid, ()))
    return found


def memory(entries: Iterable[Entry]) -> float:
    """Their proportional set size in MB: what is shared is divided among those who share it."""
    return sum(_pss(entry.pid) for entry in entries) / 1024


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def launcher(name: str) -> list[str]:
    """What has the kernel send a signal to a program whose parent was killed; Linux has it."""
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
    now = snapshot()
    for entry in entries:
        same = now.get(entry.pid)
        if same is not None and same.started == entry.started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(entry.pid, signal.SIGKILL)

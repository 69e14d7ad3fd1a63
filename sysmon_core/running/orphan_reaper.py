"""The orphan reaper: a small process that ends this process's programs if it is killed.

Every program begins as a launcher: a shell that writes its number, which is that of its process
group, to the reaper, and then becomes the program. So the reaper knows of a program before that can
do anything, whenever this process is killed. The reaper's standard input ends when this process
and all launchers are gone: it then kills the groups that are left, and ends.

prctl(PR_SET_PDEATHSIG) alone would not do: it reaches the program but not what that started, it
is sent when the *thread* that forked ends, which here is one of a pool, and macOS has none.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import weakref
from collections.abc import Iterator

# Both are in the shell's language, since a Python would take ten times the memory and the time.
# The lines are "+ GROUP" where one begins and "- GROUP" where it has ended. A service manager
# may signal the reaper together with those whose programs it is to end: it ignores the signals.
PROGRAM = """
trap '' HUP INT TERM
groups=" "
while read -r sign group; do
    case $sign$groups in
        +*) groups="$groups$group " ;;
        -*" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
    esac
done
for group in $groups; do
    kill -9 "-$group" 2> /dev/null
done
"""
REAPER = ("/bin/sh", "-c", PROGRAM, "sysmon-reaper")
LAUNCHER = ("/bin/sh", "-c", 'echo "+ $$" >&0; exec "$@" < /dev/null', "sysmon-launcher")


class OrphanReaper:
    """Starts the reaper with the first program; it ends with this object or this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def launching(self) -> Iterator[int]:
        """Give the descriptor that a launcher needs as its standard input."""
        with self._lock:
            line = os.dup(self._line())
        try:
            yield line
        finally:
            os.close(line)

    @contextlib.contextmanager
    def track(self, group: int) -> Iterator[None]:
        """Remember a group that a launcher began, and have the reaper forget it at the end."""
        with self._lock:
            self._groups.add(group)
        try:
            yield
        finally:
            with self._lock:
                self._groups.discard(group)
                self._write(f"- {group}")

    def _line(self) -> int:
        """Give the input of a reaper that lives; a new one is sent the groups that run."""
        if self._process is None or self._process.poll() is not None:
            self._process = _start(self)
            for group in self._groups:
                self._write(f"+ {group}")
        return _input(self._process)

    def _write(self, line: str) -> None:
        with contextlib.suppress(OSError):  # it was killed: the next one is sent all groups
            if self._process is not None:
                os.write(_input(self._process), line.encode() + b"\n")


def _start(owner: OrphanReaper) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - our own program
        REAPER, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    )
    weakref.finalize(owner, process.communicate)  # closes its input and waits for its end
    return process


def _input(process: subprocess.Popen[bytes]) -> int:
    return process.stdin.fileno() if process.stdin is not None else -1

"""A small process that ends what this one ran, should this one be killed.

Every program begins as a gate: a shell that tells the keeper its number, which is that of its
process group, and then becomes the program. So the keeper knows of a program before it can do
anything, whenever this process is killed. The keeper's standard input ends when this process
and all gates are gone: it then kills those groups that are left, and ends.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import weakref
from collections.abc import Iterator

# Both in the shell's language, since a Python would take ten times the memory, and the time.
# The lines are "+ GROUP" where one begins and "- GROUP" where it has ended. A service manager
# may tell the keeper to stop together with those whose programs it is to end: it stays.
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
KEEPER = ("/bin/sh", "-c", PROGRAM, "sysmon-keeper")
GATE = ("/bin/sh", "-c", 'echo "+ $$" >&0; exec "$@" < /dev/null', "sysmon-gate")


class Keeper:
    """Starts the keeper with the first program; it ends with this object or this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def gate(self) -> Iterator[int]:
        """The descriptor that a program behind a gate is given as its input."""
        with self._lock:
            line = os.dup(self._line())
        try:
            yield line
        finally:
            os.close(line)

    @contextlib.contextmanager
    def watching(self, group: int) -> Iterator[None]:
        """Know of a group that began behind a gate, and tell the keeper when it has ended."""
        with self._lock:
            self._groups.add(group)
        try:
            yield
        finally:
            with self._lock:
                self._groups.discard(group)
                self._tell(f"- {group}")

    def _line(self) -> int:
        """The input of a keeper that is there; a new one is told of what runs."""
        if self._process is None or self._process.poll() is not None:
            self._process = _start(self)
            for group in self._groups:
                self._tell(f"+ {group}")
        return _input(self._process)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # it was killed: the next one is told all
            if self._process is not None:
                os.write(_input(self._process), line.encode() + b"\n")


def _start(owner: Keeper) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - our own program
        KEEPER, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    )
    weakref.finalize(owner, process.communicate)  # closes its input and waits for its end
    return process


def _input(process: subprocess.Popen[bytes]) -> int:
    return process.stdin.fileno() if process.stdin is not None else -1

"""A small process that ends what a worker ran, should the worker be killed.

The kernel ends a program whose parent died (see process.launcher), but not what that program
started itself. The keeper is told of each process group, by a line ``+ PGID`` when it begins and
``- PGID`` when it has ended. When its standard input ends, the worker is gone: it kills those
groups that are left, and ends.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator

# In the shell's language, since a Python would take ten times the memory.
PROGRAM = """
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
COMMAND = ("/bin/sh", "-c", PROGRAM, "sysmon-keeper")


class Keeper:
    """Starts the keeper before the first program, and tells it of every one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Have the keeper there, so that no time passes between a start and the word of it."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._end()
                self._process = _start()
                for group in self._groups:
                    self._tell(f"+ {group}")

    @contextlib.contextmanager
    def watching(self, group: int) -> Iterator[None]:
        """Have the group killed if this process dies within."""
        self.prepare()
        with self._lock:
            self._groups.add(group)
            self._tell(f"+ {group}")
        try:
            yield
        finally:
            with self._lock:
                self._groups.discard(group)
                self._tell(f"- {group}")

    def close(self) -> None:
        """Let the keeper end."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # it was killed: the next one is told all
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(line.encode() + b"\n")


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own program
        COMMAND, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    )

"""One thread of a process, found and held."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

PTRACE_SEIZE, PTRACE_INTERRUPT, WAIT_ALL = 0x4206, 0x4207, 0x40000000  # of ptrace(2), waitpid(2)


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

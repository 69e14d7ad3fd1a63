"""Finds the processes that runs have left behind, and kills them."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator

import psutil

from sysmon_core.errors import HostFault
from sysmon_core.printable import describe
from sysmon_core.running.orphan_reaper import REAPER

SETTLING_SECONDS = 1.0  # in which a process that is about to end may do so
SET_CHILD_SUBREAPER, GET_CHILD_SUBREAPER = 36, 37  # of prctl(2)


class Orphans:
    """The processes that descend from this one and did not when this object was made."""

    def __init__(self) -> None:
        self._before = _descendants()

    def kill(self) -> list[str]:
        """Kill each that runs, and return their command lines."""
        psutil.wait_procs(self._running(), SETTLING_SECONDS)
        commands = []
        for process in self._running():
            with contextlib.suppress(psutil.Error):
                commands.append(" ".join(process.cmdline()) or process.name())
                process.kill()
                process.wait(SETTLING_SECONDS)
        return commands

    def _running(self) -> list[psutil.Process]:
        return [process for process in _descendants() - self._before if _is_orphan(process)]


def _descendants() -> set[psutil.Process]:
    try:
        return set(psutil.Process().children(recursive=True))
    except (psutil.Error, OSError) as error:
        raise HostFault(
            f"Runs cannot be checked where processes cannot be seen ({describe(error)}): "
            "mount /proc, and let this user read it"
        ) from error


def _is_orphan(process: psutil.Process) -> bool:
    """Whether a process runs and is no orphan reaper, which lives as long as its owner."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            process.wait(0)  # reaped here, since its own parent may have ended
            return False
        return REAPER[-1] not in process.cmdline()
    except psutil.Error:
        return False


@contextlib.contextmanager
def tracked_orphans() -> Iterator[Orphans]:
    """Find all processes that are begun from now on.

    On Linux a process whose parent has ended becomes a child of this one meanwhile, whatever its
    session; elsewhere such a process is not found.
    """
    before = _set_subreaper(1)
    try:
        yield Orphans()
    finally:
        _set_subreaper(before)


def _set_subreaper(flag: int) -> int:
    """Set whether orphans become children of this process; return the former value."""
    was = ctypes.c_int(0)
    with contextlib.suppress(AttributeError, OSError):  # no prctl: another system than Linux
        prctl = ctypes.CDLL(None).prctl
        prctl(GET_CHILD_SUBREAPER, ctypes.byref(was), 0, 0, 0)
        prctl(SET_CHILD_SUBREAPER, flag, 0, 0, 0)
    return was.value

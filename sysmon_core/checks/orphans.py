"""Finds the processes that runs have left behind, and ends them."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator

import psutil

from sysmon_core.running.orphan_reaper import KEEPER

SETTLING = 1.0  # seconds in which what is about to end may do so
SET_CHILD_SUBREAPER, GET_CHILD_SUBREAPER = 36, 37  # of prctl(2)


class Strays:
    """What descends from this process and did not when this was made."""

    def __init__(self) -> None:
        self._before = _descendants()

    def ended(self) -> list[str]:
        """The words of each that is there, now ended by force."""
        psutil.wait_procs(self._found(), SETTLING)
        words = []
        for one in self._found():
            with contextlib.suppress(psutil.Error):
                words.append(" ".join(one.cmdline()) or one.name())
                one.kill()
                one.wait(SETTLING)
        return words

    def _found(self) -> list[psutil.Process]:
        return [one for one in _descendants() - self._before if _counts(one)]


def _descendants() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _counts(one: psutil.Process) -> bool:
    """Whether it runs, and is no keeper: those live as long as what they are for."""
    try:
        if one.status() == psutil.STATUS_ZOMBIE:
            one.wait(0)  # nobody else does, if its parent has ended
            return False
        return KEEPER[-1] not in one.cmdline()
    except psutil.Error:
        return False


@contextlib.contextmanager
def watching() -> Iterator[Strays]:
    """Know of all that is begun from now on.

    On Linux a process whose parent has ended becomes our child meanwhile, whatever its session;
    elsewhere such a one is not found.
    """
    before = _adopt(1)
    try:
        yield Strays()
    finally:
        _adopt(before)


def _adopt(flag: int) -> int:
    """Have orphans become our children or not; gives what it was before."""
    was = ctypes.c_int(0)
    with contextlib.suppress(AttributeError, OSError):  # no prctl: another system than Linux
        prctl = ctypes.CDLL(None).prctl
        prctl(GET_CHILD_SUBREAPER, ctypes.byref(was), 0, 0, 0)
        prctl(SET_CHILD_SUBREAPER, flag, 0, 0, 0)
    return was.value

"""Keeps what plugins print, by themselves or by their programs, out of a process's own output."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import TextIO

STDOUT, STDERR = 1, 2  # descriptors


def join_standard_error() -> None:
    """Send standard output to standard error for good, a line at a time."""
    with contextlib.suppress(OSError):  # a service may have closed either
        os.dup2(STDERR, STDOUT)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


@contextlib.contextmanager
def diverted(target: TextIO | None = None) -> Iterator[TextIO]:
    """Send standard output elsewhere; give a stream to where it went before.

    Elsewhere is the target, or standard error. Whatever is printed by Python, by other code of the
    process or by programs that it begins goes there.
    """
    stdout = sys.stdout
    if stdout is None:  # closed: its descriptor may be that of another file by now
        yield io.StringIO()
        return
    stdout.flush()
    descriptor = STDERR if target is None else target.fileno()
    with contextlib.redirect_stdout(target or sys.stderr), _descriptor_diverted(descriptor) as was:
        if not _is_descriptor(stdout):
            yield stdout
            return
        raw = io.FileIO(was, "w", closefd=False)
        with io.TextIOWrapper(io.BufferedWriter(raw), stdout.encoding, stdout.errors) as own:
            yield own


@contextlib.contextmanager
def _descriptor_diverted(to: int) -> Iterator[int]:
    """Have the descriptor of standard output be the same as another; give one of what it was."""
    before = os.dup(STDOUT)
    try:
        with contextlib.suppress(OSError):  # the other is closed
            os.dup2(to, STDOUT)
        yield before
    finally:
        os.dup2(before, STDOUT)
        os.close(before)


def _is_descriptor(stream: TextIO) -> bool:
    try:
        return stream.fileno() == STDOUT
    except OSError:  # in memory
        return False

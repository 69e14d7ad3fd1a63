"""Runs one program under a Run: in its own session, to a deadline, with bounded output.

The calling thread is blocked in ``poll()`` on the program's end, its output and the stop
flag at once, so that a cancel takes milliseconds and waiting costs no CPU. The output of a program
that has run for a while and prints little is collected now and then.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sysmon_core.errors import MetricFailed
from sysmon_core.running.context import Run
from sysmon_core.running.orphan_reaper import LAUNCHER

TERM_GRACE_SECONDS = 0.3  # between TERM and KILL: a caller may wait for a cancel
STDERR_BYTES = 2048  # of it that are read: enough for a reason
CHUNK_BYTES = 65536
# Waking up for every line of hundreds of programs costs CPU, so after a small portion the output
# stays in the pipe, which holds 64 KiB: for a tenth of the time that the program has run.
SMALL_BYTES = 4096
PAUSE_RATIO = 0.1
MAX_PAUSE_SECONDS = 4.0
EXEC_FAILED = (126, 127)  # the exit status of a shell whose exec failed, by POSIX
MAX_POLL_SECONDS = 86400  # poll() counts milliseconds in 31 bits


@dataclass
class Output:
    """What a program printed: ``stdout``, the beginning of ``stderr``, and its exit status.

    ``size`` is in bytes, of all that it printed. ``status`` is below zero for a signal.
    """

    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    status: int = 0
    size: int = 0


@dataclass(frozen=True)
class _Child:
    popen: subprocess.Popen[bytes]
    exit_fd: int | None  # readable once it has ended; None where the system has no pidfd


def execute(argv: Sequence[str], run: Run, environ: Mapping[str, str]) -> Output:
    """Run the program to its end and return what it printed.

    Whatever happens, its whole process group is gone and reaped when this returns. Should this
    process be killed, the run's orphan reaper ends the group.

    Raises:
        RunStopped: the run's stop flag was set.
        MetricTimeout: the deadline passed.
        MetricFailed: it printed more than the limit, or could not be started.
    """
    output = Output()
    with _started(argv, run, environ) as child:
        _follow(child, run, output)
    output.status = child.popen.returncode
    if _exec_failed(output):
        reason = output.stderr.decode("utf-8", "replace").strip().rpartition(": ")[2]
        raise MetricFailed(f"{argv[0]} could not be started: {reason}")
    return output


def _exec_failed(output: Output) -> bool:
    """Whether the launcher's shell wrote the error, under its own name.

    The shells of Linux and macOS share no cleaner way to say so: any exit status may be the
    program's own, and bash loses a pipe that its exec is to keep from the program.
    """
    name = LAUNCHER[-1].encode()
    return output.status in EXEC_FAILED and output.stderr.startswith(name + b":")


@contextlib.contextmanager
def _started(argv: Sequence[str], run: Run, environ: Mapping[str, str]) -> Iterator[_Child]:
    try:
        with run.reaper.launching() as line:
            popen = subprocess.Popen(  # noqa: S603 - argv is the plugin's, never a caller's text
                (*LAUNCHER, *run.prefix, *argv),
                stdin=line,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env=dict(environ),
                start_new_session=True,
                bufsize=0,  # we read the descriptors ourselves
                close_fds=False,  # Python's are closed by the exec itself (PEP 446), without a loop
            )
    except OSError as error:
        raise MetricFailed(f"{argv[0]} could not be started: {error.strerror}") from error
    child = _Child(popen, _exit_fd(popen.pid))
    with popen, run.reaper.track(popen.pid):
        try:
            yield child
        finally:
            _end(child)
            if child.exit_fd is not None:
                os.close(child.exit_fd)


def _exit_fd(pid: int) -> int | None:
    """Open a pidfd, if the system has them and one is left."""
    with contextlib.suppress(AttributeError, OSError):
        return os.pidfd_open(pid)
    return None


def _follow(child: _Child, run: Run, output: Output) -> None:
    """Read what comes until the program has ended, or the run must.

    Without a pidfd the end of its output counts as its end.
    """
    sinks = _sinks(child, output)
    events = _poll(run.stop.fileno(), *_exit_fds(child))
    events_and_output = _poll(run.stop.fileno(), *_exit_fds(child), *sinks)
    begin, pause, ended = time.monotonic(), 0.0, False
    while not ended:
        ready = _ready(events, run, pause) or _ready(events_and_output, run, MAX_POLL_SECONDS)
        ended = child.exit_fd in ready
        before = output.size
        for fd in (ready | set(sinks) if ended else ready) & set(sinks):
            if _drain(fd, sinks[fd], output, run) and not ended:
                events_and_output.unregister(fd)
                del sinks[fd]
        if not ended:
            run.check()
            ended = child.exit_fd is None and not sinks
        quiet = child.exit_fd is not None and output.size - before <= SMALL_BYTES
        seconds = min(PAUSE_RATIO * (time.monotonic() - begin), MAX_PAUSE_SECONDS)
        pause = seconds if quiet and not run.listener else 0.0


def _poll(*fds: int) -> select.poll:
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return poll


def _ready(poll: select.poll, run: Run, seconds: float) -> set[int]:
    return {fd for fd, _ in poll.poll(min(run.seconds_left(), seconds) * 1000)}


def _sinks(child: _Child, output: Output) -> dict[int, bytearray]:
    streams = ((child.popen.stdout, output.stdout), (child.popen.stderr, output.stderr))
    sinks = {stream.fileno(): sink for stream, sink in streams if stream is not None}
    for fd in sinks:
        os.set_blocking(fd, False)
    return sinks


def _exit_fds(child: _Child) -> tuple[int, ...]:
    return () if child.exit_fd is None else (child.exit_fd,)


def _drain(fd: int, sink: bytearray, output: Output, run: Run) -> bool:
    """Read what is in the pipe; true at its end."""
    while True:
        try:
            chunk = os.read(fd, CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not chunk:
            return True
        sink += chunk
        output.size += len(chunk)
        del output.stderr[STDERR_BYTES:]
        if len(output.stdout) > run.output_limit:
            raise MetricFailed(f"It printed more than the limit of {run.output_limit} bytes")
        if sink is output.stdout:
            run.tell(chunk)
        if run.stop.reason is not None or not run.seconds_left():
            return False


def _end(child: _Child) -> None:
    """Leave no process of the group: TERM, after a grace KILL, and always reap."""
    if not _has_ended(child, 0):
        _signal(child, signal.SIGTERM)
        _has_ended(child, TERM_GRACE_SECONDS)
    # Before the leader is reaped: until then no other group can have its number.
    _signal(child, signal.SIGKILL)
    child.popen.wait()


def _has_ended(child: _Child, seconds: float) -> bool:
    if child.exit_fd is not None:
        ending = select.poll()  # select() knows no descriptor above 1023
        ending.register(child.exit_fd, select.POLLIN)
        return bool(ending.poll(seconds * 1000))
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.popen.wait(seconds)
    return child.popen.returncode is not None


def _signal(child: _Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.popen.pid, number)

"""Runs one program under a RunContext: in its own session, to a deadline, with bounded output.

The calling thread is blocked in ``poll()`` on the program's end, its output and the stop
flag at once, so that a cancel takes milliseconds and waiting costs no CPU. The output of a program
that has run for a while and prints little is collected now and then.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sysmon_core.errors import MetricFailed
from sysmon_core.running.child import Child
from sysmon_core.running.context import RunContext
from sysmon_core.running.orphan_reaper import LAUNCHER

STDERR_BYTES = 2048  # of standard error that are read: enough to tell why it failed
CHUNK_BYTES = 65536
# Waking up for every line of hundreds of programs costs CPU, so after a small portion the output
# stays in the pipe, which holds 64 KiB: for a tenth of the time that the program has run.
SMALL_BYTES = 4096
PAUSE_RATIO = 0.1
MAX_PAUSE_SECONDS = 4.0
LISTENED_PAUSE_SECONDS = 0.25  # the same where somebody listens to what is printed
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


def execute(argv: Sequence[str], run: RunContext, environ: Mapping[str, str]) -> Output:
    """Run the program to its end and return what it printed.

    Whatever happens, its whole process group is gone and reaped when this returns, unless the error
    says that it could not be ended. Should this process be killed, the run's orphan reaper ends
    the group.

    Raises:
        RunStopped: the run's stop flag was set.
        MetricTimeout: the deadline passed.
        MetricFailed: it printed more than the limit, could not be started, or could not be ended.
    """
    output = Output()
    for _ in stream(argv, run, environ, output):
        pass
    return output


def stream(
    argv: Sequence[str], run: RunContext, environ: Mapping[str, str], output: Output
) -> Generator[bytes]:
    """Run the program as ``execute`` does, and yield its standard output as it comes.

    ``output`` is filled meanwhile; it has the status once all has been yielded. Close the generator
    (``contextlib.closing``) where its end may not be reached: that ends the program.
    """
    with _started(argv, run, environ) as child:
        yield from _follow(child, run, output)
    output.status = child.popen.returncode
    if _exec_failed(output):
        reason = output.stderr.decode("utf-8", "replace").strip().rpartition(": ")[2]
        raise MetricFailed(f"{argv[0]} could not be started: {reason}")


def _exec_failed(output: Output) -> bool:
    """Whether the launcher's shell wrote the error, under its own name.

    The shells of Linux and macOS share no cleaner way to say so: any exit status may be the
    program's own, and bash loses a pipe that its exec is to keep from the program.
    """
    name = LAUNCHER[-1].encode()
    return output.status in EXEC_FAILED and output.stderr.startswith(name + b":")


@contextlib.contextmanager
def _started(argv: Sequence[str], run: RunContext, environ: Mapping[str, str]) -> Iterator[Child]:
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
    child = Child.of(popen)
    with run.reaper.track(popen.pid), contextlib.ExitStack() as at_the_end:
        at_the_end.callback(child.close)
        at_the_end.callback(child.end, argv[0])
        yield child


def _follow(child: Child, run: RunContext, output: Output) -> Generator[bytes]:
    """Read what comes until the program has ended, or the run must; yield the standard output.

    Without a pidfd the end of its output counts as its end.
    """
    sinks = _sinks(child, output)
    events = _poll(run.stop.fileno(), *_exit_fds(child))
    events_and_output = _poll(run.stop.fileno(), *_exit_fds(child), *sinks)
    begin, pause, ended = time.monotonic(), 0.0, False
    longest = LISTENED_PAUSE_SECONDS if run.is_listened_to else MAX_PAUSE_SECONDS
    while not ended:
        ready = _ready(events, run, pause) or _ready(events_and_output, run, MAX_POLL_SECONDS)
        ended = child.exit_fd in ready
        before, printed = output.size, len(output.stdout)
        last = ended or run.stop.fileno() in ready  # what is in the pipes by now came in time
        for fd in set(sinks) if last else ready & set(sinks):
            if _drain(fd, sinks[fd], output, run) and not ended:
                events_and_output.unregister(fd)
                del sinks[fd]
        if len(output.stdout) > printed:
            yield bytes(output.stdout[printed:])
        if not ended:
            run.check()
            ended = child.exit_fd is None and not sinks
        quiet = child.exit_fd is not None and output.size - before <= SMALL_BYTES
        pause = min(PAUSE_RATIO * (time.monotonic() - begin), longest) if quiet else 0.0


def _poll(*fds: int) -> select.poll:
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return poll


def _ready(poll: select.poll, run: RunContext, seconds: float) -> set[int]:
    return {fd for fd, _ in poll.poll(min(run.seconds_left(), seconds) * 1000)}


def _sinks(child: Child, output: Output) -> dict[int, bytearray]:
    streams = ((child.popen.stdout, output.stdout), (child.popen.stderr, output.stderr))
    sinks = {stream.fileno(): sink for stream, sink in streams if stream is not None}
    for fd in sinks:
        os.set_blocking(fd, False)
    return sinks


def _exit_fds(child: Child) -> tuple[int, ...]:
    return () if child.exit_fd is None else (child.exit_fd,)


def _drain(fd: int, sink: bytearray, output: Output, run: RunContext) -> bool:
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

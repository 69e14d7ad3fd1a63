"""A run of a metric while its user waits: text as it comes, a progress bar, Ctrl-C."""

from __future__ import annotations

import codecs
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TextIO

from sysmon_core.errors import MetricFailed
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.report import Report, Row
from sysmon_core.metrics.samples import SampleList
from sysmon_core.printable import printable_lines
from sysmon_core.running.context import Stop
from sysmon_core.services.executor import Executor
from sysmon_core.settings import scrubbed

REFRESH_SECONDS = 0.1  # between two updates of the progress bar


class Interrupted(Exception):
    """Ctrl-C ended the run; ``report`` has what came before."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


def show(text: str, out: TextIO) -> None:
    """Write text exactly as it is, but without control characters on a terminal."""
    out.write(printable_lines(text) if out.isatty() else text)
    out.flush()


class WatchedRun:
    """One run, whose parts the thread that waits takes from the thread that runs.

    Only the former writes them, so that a closed pipe ends the run and is no fault of the metric.
    Without ``samples`` no row is read from what a program prints.
    """

    def __init__(self, metric: Metric, params: Params, *, samples: bool) -> None:
        self.shown = False
        self._metric = metric
        self._params = params
        self._parts: SimpleQueue[bytes | None] = SimpleQueue()
        self._text = bytearray()
        self._samples = SampleList() if samples else None

    def report(self, executor: Executor, out: TextIO | None) -> Report:
        """Run the metric, and write its text as it comes if there is a stream for it.

        Raises:
            Interrupted: by Ctrl-C.
            SysmonError: the run failed.
        """
        try:
            with Stop() as stop, ThreadPoolExecutor(1) as pool:  # whose end waits for the run's
                return self._report(executor, out, stop, pool)
        except KeyboardInterrupt:
            raise Interrupted(self._so_far()) from None

    def _report(
        self, executor: Executor, out: TextIO | None, stop: Stop, pool: ThreadPoolExecutor
    ) -> Report:
        words = (self._metric, self._params, stop, self._hear, self._samples)
        try:
            # First the terminal, which is known by variables: functions see them as in a server.
            with _progress(self._metric, self._params, out) as shown, scrubbed():
                future = pool.submit(executor.run, *words)
                future.add_done_callback(lambda _: self._parts.put(None))
                self._watch(*shown)
                report = future.result()
                return self._whole(report)
        except BaseException:
            stop.set("Interrupted")
            raise

    def _whole(self, report: Report) -> Report:
        if self._samples is not None and report.told:
            return report.with_samples(self._samples.samples)
        return report

    def _hear(self, part: bytes) -> None:
        """Keep a part, in the thread of the run: Ctrl-C may interrupt the other anywhere."""
        self._text += part
        self._parts.put(part)

    def _watch(self, advance: Callable[[], None] | None, stream: TextIO | None) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for part in self._taken(advance):
            if stream is not None:
                show(decoder.decode(part), stream)
                self.shown = True

    def _taken(self, advance: Callable[[], None] | None) -> Iterator[bytes]:
        """Take the parts until the end; advance the progress bar meanwhile."""
        while True:
            try:
                part = self._parts.get(timeout=REFRESH_SECONDS if advance else None)
            except Empty:
                part = b""
            if part is None:
                return
            if advance is not None:
                advance()
            if part:
                yield part

    def _so_far(self) -> Report:
        """Make a report of the parts that came, without a line that has only begun."""
        text = self._text.decode("utf-8", "replace")
        whole = text[: text.rfind("\n") + 1]
        if self._samples and self._samples.samples:
            return Report(whole).with_samples(self._samples.samples)
        rows: list[Row] = []
        with contextlib.suppress(MetricFailed):  # too little came to be read
            rows = list(self._metric.parse(whole, self._params))
        return Report(whole, rows)


@contextlib.contextmanager
def _progress(
    metric: Metric, params: Params, out: TextIO | None
) -> Iterator[tuple[Callable[[], None] | None, TextIO | None]]:
    """Show a progress bar on a terminal, if the run takes a while.

    Give what advances it, and the stream on which text goes above it.
    """
    seconds = metric.seconds(params)
    if not (seconds and sys.stderr is not None and sys.stderr.isatty()):
        yield None, out
        return
    from rich.console import Console  # noqa: PLC0415 - only terminals need it
    from rich.progress import Progress  # noqa: PLC0415

    begin, console = time.monotonic(), Console(stderr=True)
    with Progress(console=console, transient=True, redirect_stdout=True) as progress:
        bar = progress.add_task(metric.name, total=seconds)
        above = sys.stdout if out is not None and out.isatty() else out
        yield lambda: progress.update(bar, completed=time.monotonic() - begin), above

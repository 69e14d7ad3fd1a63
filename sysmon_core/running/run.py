"""Run: what the function of a metric is given, beside its params."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from sysmon_core.errors import PluginFault
from sysmon_core.program_environment import ENVIRONMENT
from sysmon_core.running import sockets
from sysmon_core.running.context import RunContext
from sysmon_core.running.options import require_no_option
from sysmon_core.running.programs import (
    ProgramOutput,
    found_program,
    missing,
    run_program,
    words_of,
)
from sysmon_core.running.sample import Row


@dataclass(frozen=True)
class NoSettings:
    """What stands for the settings where a metric declares none: it is false and has no field."""

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> NoReturn:
        """Say what the author of the plugin forgot.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(
            f"the metric declares no settings, so there is no {name}: give Metric(settings=...)"
        )


@dataclass(frozen=True)
class Run(RunContext):
    """One run of a metric.

    ``deadline`` is in the terms of ``time.monotonic()``; ``output_limit`` is in bytes.
    ``program`` and ``read_socket`` keep both, and end when the run does. ``settings`` are those of
    the plugin; where its metric declares none, they are false and have no field. ``texts`` are
    those that the caller wrote, by their parameters: ``program`` refuses one that is an option.
    """

    command_path: str = field(default=ENVIRONMENT["PATH"], repr=False)
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    settings: Any = field(default_factory=NoSettings, repr=False)
    recorder: Callable[[Sequence[Row], bool], None] | None = field(default=None, repr=False)

    def sample(self, rows: Sequence[Row], *, since_boot: bool = False) -> None:
        """Give all rows of one moment, while the run goes on; the function then returns nothing.

        ``since_boot`` says that they cover the time since boot instead of an interval.

        Raises:
            PluginFault: they are no rows, or all are more than the limit.
            RunStopped, MetricTimeout: the run is to end.
        """
        if self.recorder is not None:  # a test may have made this run by hand
            self.recorder(rows, since_boot)

    def program(
        self, argv: Sequence[str], *, statuses: Collection[int] = (0,), package: str = ""
    ) -> ProgramOutput:
        """Run a program to its end, without a shell; what it prints is returned.

        The first word is its name, looked for in the setting ``command_path``, or its absolute
        path. ``statuses`` are those with which it succeeds; ``package`` is named where it is
        missing.

        Raises:
            MetricUnavailable: it is not on this host.
            MetricFailed: it failed, in its own words; it printed more than the limit.
            InvalidInput: a word is an option that a caller wrote, in one of ``texts``.
            PluginFault: these are no words.
            RunStopped, MetricTimeout: the run is to end.
        """
        self.check()
        name, *words = words_of(argv, "a program and its words")
        require_no_option(name, words, self.texts)
        if os.sep in name and not os.path.isabs(name):  # noqa: PTH117 - a name, not a path
            raise PluginFault(f"it asks for the program {name!r}: give its name or absolute path")
        found = found_program(name, self.command_path)
        if found is None:
            raise missing(name, package)
        unheard = replace(self, listener=None, sample_listener=None)
        return run_program(name, [found, *words], unheard, statuses)

    def read_socket(self, path: str | os.PathLike[str]) -> str:
        """Read what a Unix socket gives until its end, as a unit of root's does; send nothing.

        Raises:
            MetricFailed: it cannot be read, and what to do; it gave more than the limit.
            RunStopped, MetricTimeout: the run is to end.
        """
        return sockets.read_socket(os.fspath(path), self)

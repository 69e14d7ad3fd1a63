"""Command: the metric that runs a program and reads what it prints."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from sysmon_core.errors import MetricFailed, ProgramMissing, describe
from sysmon_core.metrics.metric import Kind, Metric, Params
from sysmon_core.metrics.report import ParsedReport, Report, Row
from sysmon_core.running import process
from sysmon_core.running.context import Run

# All that a program sees of an environment: what it prints must not depend on who started sysmon.
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}

Arguments = Callable[[Any, str], Sequence[str]]


def _no_arguments(_params: Any, _platform: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Command(Metric):
    """A metric that is a program's output.

    Args:
        program: the program's name, looked for in the setting ``command_path`` at start.
        package: the package that has the program, named where the program is missing.
        arguments: its words for given params and a platform (``sys.platform``); never text
            of a caller's, but numbers and choices that the params have checked.
        strip: whether the white space around the output is dropped.
        parser: the name of the jc parser that reads rows from the output; where columns are
            declared, the rows have those.
    """

    program: str
    package: str
    arguments: Arguments = _no_arguments
    strip: bool = False
    parser: str | None = None
    path: str | None = None

    @property
    def kind(self) -> Kind:
        """A program: it is ended by signals."""
        return Kind.PROGRAM

    def on_host(self, search_path: str) -> Self:
        """Find the program, once: what is put on the path later does not take its place."""
        found = shutil.which(self.program, path=search_path)
        return replace(self, path=found and str(Path(found).absolute()))

    def require(self) -> None:
        """Raise ProgramMissing, naming the package, if the program was not found."""
        if self.path is None:
            raise ProgramMissing(
                f"The program {self.program} is not on this host: "
                f"install the package {self.package} and start sysmon again"
            )

    def collect(self, params: Params, run: Run) -> Report:
        """Run the program; what it prints is the report."""
        self.require()
        argv = (str(self.path), *self.arguments(params, sys.platform))
        output = process.execute(argv, run, ENVIRONMENT)
        text = output.stdout.decode("utf-8", "replace")
        if output.status != 0:
            reason = output.stderr.decode("utf-8", "replace").strip() or "it did not say why"
            raise MetricFailed(f"{self.program} ended with status {output.status}: {reason}")
        return ParsedReport(text.strip() if self.strip else text, self.parse)

    def parse(self, text: str) -> Sequence[Row]:
        """Read the rows by the parser that is named; none if no parser is."""
        if self.parser is None:
            return ()
        import jc  # noqa: PLC0415 - 198 parsers: only those who ask for rows wait for it

        try:
            parsed = jc.parse(self.parser, text, quiet=True)
            rows = [parsed] if isinstance(parsed, dict) else list(parsed)
            if self.columns:
                rows = [{column.name: column.of(row) for column in self.columns} for row in rows]
            json.dumps(rows, allow_nan=False)
        except Exception as error:
            what = f"What {self.program} printed cannot be read: {describe(error)}"
            raise MetricFailed(what) from error
        return rows

"""Command: the metric that runs a program and reads what it prints."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from sysmon_core.metrics import caller_text
from sysmon_core.metrics.metric import Kind, Metric, Params
from sysmon_core.metrics.output_reader import OutputReader, Prepare, Rows
from sysmon_core.metrics.parsers import Parser, check_parser
from sysmon_core.metrics.report import ParsedReport, Report, Row
from sysmon_core.metrics.streaming import Lines, until_unreadable
from sysmon_core.metrics.table import table as table_of
from sysmon_core.running.options import require_no_option
from sysmon_core.running.process import Output
from sysmon_core.running.programs import (
    found_program,
    missing,
    run_program,
    stream_program,
    text_of,
    words_of,
)
from sysmon_core.running.run import Run

PROGRAM = re.compile(r"/.+|\S+")  # a path may have spaces

Arguments = Callable[[Any, str], Sequence[str]]


def _no_arguments(_params: Any, _platform: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Command(Metric):
    """A metric that is a program's output.

    Args:
        program: the program's name, looked for in the setting ``command_path`` at start.
        package: the package that has the program, named where the program is missing.
        arguments: its words for given params and a platform (``sys.platform``). A text that
            a caller writes may be among them where its pattern excludes that it begins with ``-``,
            such as ``^[A-Za-z0-9][A-Za-z0-9.:-]*$``, or after the word ``--``.
        strip: whether the white space around the output is dropped.
        parser: reads rows from the output: the name of a parser of jc, or a function of the text,
            such as ``json.loads``, that raises ValueError for a text that it does not know. Where
            columns are declared, the rows have those. A streaming parser of jc, such as
            ``ping_s``, reads rows while the program prints; a new sample begins where the values of
            the key columns come again, and with each row where there is no key column.
        prepare: rewrites the output for that parser, where the parser misreads it; the report
            keeps the text as it was printed. For a streaming parser it is a generator function,
            which is given the lines as they come and yields lines.
        statuses: the exit statuses with which the program succeeds, where others than 0 do.
        rows: makes the metric's rows of the parser's, for given params, before the columns are
            taken from them: to choose, sum up, rename, or flatten. A parser's single dict is a
            list of one. A generator function is given the rows of a streaming parser as they come;
            any other function needs all rows, so that they come at the end.
        table: whether the text of the report, which HTTP shows, is a table of the rows, instead of
            what the program printed.

    Raises:
        ConfigurationError: the parser is neither a function nor one of jc's; the statuses are no
            whole numbers; or as Metric does.
    """

    program: str
    package: str
    arguments: Arguments = _no_arguments
    strip: bool = False
    parser: Parser | None = None
    prepare: Prepare | None = None
    statuses: Collection[int] = (0,)
    rows: Rows | None = None
    table: bool = False
    path: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parser is not None:
            check_parser(self.name, self.parser)

    def _rules(self) -> Iterator[tuple[bool, str]]:
        yield from super()._rules()
        yield self.function is not None, "a function, and is a Command: use a Metric"
        for name in ("arguments", "prepare", "rows"):
            given = getattr(self, name)
            yield not (given is None or callable(given)), f"as {name} what is no function"
        yield (
            not isinstance(self.program, str) or not PROGRAM.fullmatch(self.program),
            f"the program {self.program!r}: give its name alone, and its words by arguments",
        )
        yield (
            self.parser is None and bool(self.table or self.rows),
            "rows and no parser: name one, or give a function of the text",
        )
        statuses: object = self.statuses
        yield (
            not isinstance(statuses, Collection) or not all(type(one) is int for one in statuses),
            f"the statuses {statuses!r}: give whole numbers, as (0, 1)",
        )

    @property
    def kind(self) -> Kind:
        """A program: it is ended by signals."""
        return Kind.PROGRAM

    def on_host(self, search_path: str) -> Self:
        """Find the program, once: what is put on the path later does not take its place."""
        return replace(self, path=found_program(self.program, search_path))

    def require(self) -> None:
        """Raise MetricUnavailable, naming the package, if the program was not found."""
        if self.path is None:
            raise missing(self.program, self.package, " and start sysmon again")

    def collect(self, params: Params, run: Run) -> Report:
        """Run the program; what it prints is the report."""
        self.require()
        argv = [str(self.path), *self.words(params)]
        reader = None if run.sample_listener is None or self.table else self._reader
        if reader and reader.is_streaming:
            return self._collect_lines(reader, argv, params, run)
        context = replace(run, listener=None, sample_listener=None) if self.table else run
        printed = run_program(self.program, argv, context, self.statuses).text
        if self.table:
            rows = self.parse(printed, params)
            return Report(table_of(rows), rows)
        return self._report(printed, params)

    def _collect_lines(
        self, reader: OutputReader, argv: Sequence[str], params: Params, run: Run
    ) -> Report:
        """Run the program, and tell the samples as they come.

        An output that cannot be read does not end the run: its text is reported, and the reason is
        raised when rows are asked for.
        """
        cutter = self.cutter()
        output = Output()
        parts = stream_program(self.program, argv, run, self.statuses, output)
        with contextlib.closing(parts):
            lines = Lines(parts)
            for row in until_unreadable(reader.rows_of_lines(lines, params), lines):
                run.tell_sample(cutter.part(row))
            run.check()
            lines.read_on()
        return self._report(text_of(output), params, told=not lines.unreadable)

    def _report(self, printed: str, params: Params, *, told: bool = False) -> Report:
        text = printed.strip() if self.strip else printed
        return ParsedReport(text, lambda text: self.parse(text, params), told=told)

    def words(self, params: Params) -> Sequence[str]:
        """Return the words after the program.

        Raises:
            InvalidInput: the program would take a caller's text for an option.
            PluginFault: they are no list of words.
        """
        given = self.arguments(params, sys.platform)
        words = words_of(given, "arguments") if given else []
        require_no_option(self.program, words, caller_text.values(params))
        return words

    def text_at_risk(self) -> str | None:
        """Name a parameter whose text the program could take for an option, if there is one."""
        return caller_text.at_risk(self.params, lambda params: self.arguments(params, sys.platform))

    def parse(self, text: str, params: Params) -> Sequence[Row]:
        """Read the rows by the parser that is named, and ``rows``; none without a parser.

        Raises:
            MetricFailed: the parser does not know the text.
            PluginFault, HostFault: the metric's own functions failed.
        """
        return () if self._reader is None else self._reader.read(text, params)

    @property
    def _reader(self) -> OutputReader | None:
        if self.parser is None:
            return None
        return OutputReader(self.program, self.parser, self.prepare, self.rows, self.columns)

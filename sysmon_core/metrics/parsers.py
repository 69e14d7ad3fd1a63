"""The parsers that read what a program prints: those of jc, by their names, and functions."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from importlib.machinery import PathFinder
from importlib.util import find_spec
from typing import Any

from sysmon_core.errors import ConfigurationError, MetricFailed, PluginFault
from sysmon_core.printable import describe
from sysmon_core.suggestion import suggestion

Parser = str | Callable[[str], Any]

STREAMING_HINT = "... Use the ignore_exceptions option"  # of jc's own command
LIKENESS = 0.75  # from which on a name is taken for another's misspelling


def check_parser(metric: str, parser: object) -> None:
    """Refuse a parser that there is not, without an import of jc and its hundreds of parsers.

    Raises:
        ConfigurationError: it is neither a function nor the name of a parser of jc.
    """
    if callable(parser):
        return
    if not isinstance(parser, str):
        raise ConfigurationError(
            f"The metric {metric} has the parser {parser!r}: give the name of a parser of jc, or a "
            "function of the text"
        )
    module = parser.replace("--", "").replace("-", "_")  # jc takes each of these forms
    if PathFinder.find_spec(f"jc.parsers.{module}", _folders()) or _is_local(module):
        return
    names = [found.name for found in pkgutil.iter_modules(_folders())]
    meant = suggestion(module, names, likeness=LIKENESS)
    raise ConfigurationError(
        f"The metric {metric} has the parser {parser!r}, which jc {metadata.version('jc')} does "
        f"not have: {meant or 'see those of jc --help'}"
    )


def _folders() -> list[str]:
    """Return the folder of jc's own parsers."""
    spec = find_spec("jc")
    return [f"{folder}/parsers" for folder in (spec and spec.submodule_search_locations) or ()]


def _is_local(module: str) -> bool:
    """Whether it is a parser that this user has added to jc."""
    from jc.lib import parsers  # noqa: PLC0415 - only a name that jc itself has not is looked for

    return module.replace("_", "-") in parsers


def parsed(parser: Parser, text: str) -> list[Any]:
    """Have a parser read a text; a dict is a list of one.

    Raises:
        MetricFailed: a parser of jc does not know the text.
        PluginFault: a function gave no rows.
        Exception: whatever a function raises.
    """
    found = _jc(parser, text) if isinstance(parser, str) else parser(text)
    if isinstance(found, dict):
        return [found]
    if isinstance(found, str) or not hasattr(found, "__iter__"):
        raise PluginFault(f"its parser gives {type(found).__name__}, which is no list of rows")
    return list(found)


def _jc(parser: str, text: str) -> Any:
    """Have a parser of jc read a text; name it where it fails, since it is no plugin's code."""
    import jc  # noqa: PLC0415 - 198 parsers: only those who ask for rows wait for it

    try:
        if is_streaming(parser):
            return list(jc.parse(parser, text.splitlines(), quiet=True))
        return jc.parse(parser, text, quiet=True)
    except Exception as error:
        raise _unknown_output(parser, error) from error


def is_streaming(parser: str) -> bool:
    """Whether a parser of jc reads line by line."""
    import jc  # noqa: PLC0415 - as above

    return bool(getattr(jc.get_parser(parser).info, "streaming", False))


def parse_lines(parser: str, lines: Iterable[str]) -> Iterator[Any]:
    """Have a streaming parser of jc read lines as they come, and yield each row.

    Raises:
        MetricFailed: it does not know a line.
        Exception: whatever the lines raise.
    """
    import jc  # noqa: PLC0415 - as above

    watched = WatchedLines(lines)
    try:
        yield from jc.parse(parser, watched, quiet=True)
    except Exception as error:
        if watched.failed:
            raise
        raise _unknown_output(parser, error) from error


class WatchedLines:
    """Lines, and whether they ended by an error, which is not the parser's.

    It is no generator: a parser that stops early would close that, and lines that others still
    read would end.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.failed = False
        self._lines = iter(lines)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            return next(self._lines)
        except StopIteration:
            raise
        except Exception:
            self.failed = True
            raise


def _unknown_output(parser: str, error: Exception) -> MetricFailed:
    version = metadata.version("jc")
    reason = describe(error).partition(STREAMING_HINT)[0]
    return MetricFailed(
        f"the parser {parser} of jc {version} does not know this output "
        f"({reason}): see whether another version of jc does, or have the plugin rewrite the "
        "output (prepare) or bring a parser of its own"
    )

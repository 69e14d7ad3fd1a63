"""Programs of metrics: where they are found, how they run, and their failures in words."""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sysmon_core.errors import MetricFailed, MetricUnavailable, PluginFault
from sysmon_core.program_environment import ENVIRONMENT
from sysmon_core.running import process
from sysmon_core.running.context import RunContext


@dataclass(frozen=True)
class ProgramOutput:
    """What a program printed, and how it ended.

    Args:
        text: its standard output.
        errors: the beginning of its standard error, 2,048 bytes.
        status: its exit status; for a signal that ended it, the number of that below zero.
    """

    text: str
    errors: str
    status: int


def found_program(name: str, search_path: str) -> str | None:
    """Find a program by its name in folders with colons between them, or by its absolute path."""
    found = shutil.which(name, path=search_path)
    return found and str(Path(found).absolute())


def missing(name: str, package: str, remedy: str = "") -> MetricUnavailable:
    """Make the error that names the package of a program that was not found."""
    which = f"the package {package}" if package else "it"
    return MetricUnavailable(f"The program {name} is not on this host: install {which}{remedy}")


def words_of(argv: object, what: str) -> list[str]:
    """Give the words of a command as text; ``what`` says of which part they are.

    Raises:
        PluginFault: they are no list of words that a program can be given.
    """
    if isinstance(argv, str | bytes) or not isinstance(argv, Sequence) or not argv:
        raise PluginFault(
            f"it gives {argv!r} as {what}: give a list of words, as ['df', '-P'], "
            "since no shell takes a line apart"
        )
    return [_word(word) for word in argv]


def _word(word: object) -> str:
    if not isinstance(word, str | os.PathLike):
        raise PluginFault(f"it gives a program the word {word!r}: make a text of it by str()")
    text = os.fsdecode(word)
    try:
        unfit = b"\0" in os.fsencode(text)
    except UnicodeEncodeError:
        unfit = True
    if unfit:
        raise PluginFault(f"it gives a program the word {text!r}, which no program can be given")
    return text


def stream_program(
    name: str,
    argv: Sequence[str],
    context: RunContext,
    statuses: Collection[int],
    output: process.Output,
) -> Generator[str]:
    """Run a program as ``run_program`` does, and yield its standard output as it comes.

    ``output`` is filled meanwhile. Close the generator (``contextlib.closing``) where its end may
    not be reached.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with contextlib.closing(process.stream(argv, context, ENVIRONMENT, output)) as chunks:
        for chunk in chunks:
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
    _require_status(name, output, statuses)


def run_program(
    name: str, argv: Sequence[str], context: RunContext, statuses: Collection[int]
) -> ProgramOutput:
    """Run a program by its absolute path, to its end, in an environment without surprises.

    ``name`` is what a failure calls it.

    Raises:
        RunStopped, MetricTimeout: the run is to end.
        MetricFailed: it ended with another status than these, printed too much, could not be
            started or could not be ended.
    """
    output = process.execute(argv, context, ENVIRONMENT)
    _require_status(name, output, statuses)
    return ProgramOutput(text_of(output), _errors(output), output.status)


def text_of(output: process.Output) -> str:
    """Return what a program printed to its standard output."""
    return output.stdout.decode("utf-8", "replace")


def _require_status(name: str, output: process.Output, statuses: Collection[int]) -> None:
    if output.status not in statuses:
        reason = _errors(output).strip() or "it did not say why"
        raise MetricFailed(f"{name} ended with status {output.status}: {reason}")


def _errors(output: process.Output) -> str:
    return output.stderr.decode("utf-8", "replace")

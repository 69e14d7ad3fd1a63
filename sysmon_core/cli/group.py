"""Group: how every command refuses, ends and is found."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any

import click

from sysmon_core.errors import PluginFault, SysmonError
from sysmon_core.printable import one_line
from sysmon_core.suggestion import suggestion

INTERRUPTED_STATUS = 130  # of a process that Ctrl-C ended, as shells report it
CLOSED_PIPE_STATUS = 141  # of a process that SIGPIPE ended: cat and grep end so, too


class Group(click.Group):
    """A group whose commands refuse in a line without control characters, and end by one rule.

    Exit status: 1 refused, 2 wrong usage, 130 interrupted, 141 whoever read the output has gone.
    """

    group_class = type

    def main(self, *args: Any, **more: Any) -> Any:
        """Run the whole command line; what the locale cannot write is escaped."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        return super().main(*args, **more)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """Parse the words of the command, and print help."""
        with _endings():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _endings():
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named; suggest another if there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            if args[0].startswith("-"):
                raise
        names = self.list_commands(ctx)
        what = f"No such command '{args[0]}'."
        raise click.UsageError(f"{what} {sentence(suggestion(args[0], names))}".rstrip(), ctx)


def sentence(words: str) -> str:
    """Return words with a capital letter first, the rest as it is."""
    return words[:1].upper() + words[1:]


@contextlib.contextmanager
def _endings() -> Iterator[None]:
    try:
        yield
    except SysmonError as error:
        place = error.place if isinstance(error, PluginFault) else ""
        text = f"{error}, raised at {place}" if place else str(error)
        raise click.ClickException(one_line(text)) from error
    except click.ClickException as error:
        vars(error)["message"] = one_line(error.message)  # click's types call it final
        raise
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED_STATUS) from None
    except BrokenPipeError:
        _drop_output()
        raise click.exceptions.Exit(CLOSED_PIPE_STATUS) from None
    except OSError as error:
        if error.filename is not None:
            raise
        _drop_output()
        raise click.ClickException(f"The output cannot be written: {error.strerror}") from error


def _drop_output() -> None:
    """Have Python find nothing to complain of when it flushes the output at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError):  # in memory
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)

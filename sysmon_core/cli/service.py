"""``sysmon start``, ``serve`` and ``worker``: run all of sysmon, or a part of it, here.

Exit status: of ``start`` 0 when it was stopped, 1 when it could not start; of a part its own.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from sysmon_core.cli.run import load_settings
from sysmon_core.errors import SysmonError

# Imports are made by the commands that need them: `sysmon --help` should wait for none of them.
# ruff: noqa: PLC0415


class _Refused(click.ClickException):
    """A refusal that begins with "sysmon:": the parts print on the same terminal."""

    def show(self, file: Any = None) -> None:
        click.echo(f"sysmon: {self.format_message()}", file=file, err=file is None)


@click.command()
def start() -> None:
    """Run everything here, until Ctrl-C.

    That is a private Redis unless one is named in SYSMON_REDIS_URL, a worker and the server. The
    users' database is created or upgraded, and the first admin made.
    """
    from sysmon_core import settings
    from sysmon_core.launcher.start import start

    try:
        status = start(load_settings(), settings.config_file())
    except SysmonError as error:
        raise _Refused(str(error)) from error
    raise click.exceptions.Exit(status)


@click.command()
def serve() -> None:
    """Run the HTTP server alone.

    That is pserve with the ini file in SYSMON_CONFIG, if one is named there.
    """
    from sysmon_core import settings
    from sysmon_core.launcher import programs

    _become(programs.server(settings.config_file()))


@click.command()
def worker() -> None:
    """Run a worker alone.

    That is dramatiq, with as many threads as the setting worker_threads says.
    """
    from sysmon_core.launcher import programs

    _become(programs.worker(load_settings()))


@click.command(hidden=True)
@click.pass_context
def welcome(ctx: click.Context) -> None:
    """Prepare the users' database and print what to try: the last step of start."""
    from sysmon_core.launcher.welcome import welcome

    root: Any = ctx.find_root().command
    try:
        root.main(["database", "upgrade", "--bootstrap"], standalone_mode=False)
    except click.ClickException as error:
        raise _Refused(error.format_message()) from error
    try:
        click.echo(welcome(load_settings()))
    except SysmonError as error:
        click.echo(f"sysmon: {error}", err=True)  # but stop nothing: it may answer yet


def _become(command: list[str]) -> None:
    """Replace this process by a program, so that it receives the signals sent to this process."""
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted

"""``sysmon start``, ``serve`` and ``worker``: run all parts of sysmon, or one.

Exit status of ``start``: 0 stopped by a signal, 1 not started; the reason is on standard error.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from sysmon_core.cli.run import load_settings
from sysmon_core.errors import SysmonError
from sysmon_core.logs import ignore_rotation
from sysmon_core.printable import one_line

# Each command imports what it needs, so that `sysmon --help` is fast.
# ruff: noqa: PLC0415


class _Refused(click.ClickException):
    """An error printed with "sysmon:" before it: the parts print on the same terminal."""

    def show(self, file: Any = None) -> None:
        click.echo(f"sysmon: {self.format_message()}", file=file, err=file is None)


@click.command()
def start() -> None:
    """Run everything here, until Ctrl-C.

    That is a private Redis, unless SYSMON_REDIS_URL names another, a worker and the server. The
    users' database is created or upgraded, and the first admin is created.
    """
    from sysmon_core import settings
    from sysmon_core.launcher.start import start

    try:
        status = start(load_settings(), settings.config_file())
    except SysmonError as error:
        raise _Refused(one_line(str(error))) from error
    raise click.exceptions.Exit(status)


@click.command()
def serve() -> None:
    """Run the HTTP server alone.

    This runs pserve with the ini file of SYSMON_CONFIG, or with the default one.
    """
    from sysmon_core import settings
    from sysmon_core.launcher import programs

    _become(programs.server(settings.config_file()))


@click.command()
def worker() -> None:
    """Run a worker alone.

    This runs dramatiq, with as many threads as the setting worker_threads says.
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
        # Exit 0: the parts go on, and may answer later.
        click.echo(f"sysmon: {one_line(str(error))}", err=True)


def _become(command: list[str]) -> None:
    """Replace this process by a program, so that it receives the signals sent to this process."""
    ignore_rotation()
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted

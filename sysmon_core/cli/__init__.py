"""The ``sysmon`` command: runs sysmon, its users, database and metrics, on the host itself.

It takes its settings from the ini file that ``SYSMON_CONFIG`` names and from ``SYSMON_*``.
Exit status: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage, 130
interrupted, 141 whoever read the output has gone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from sysmon_core.cli.database_group import DatabaseGroup
from sysmon_core.cli.group import Group
from sysmon_core.cli.metrics import metrics
from sysmon_core.cli.plugin import plugin
from sysmon_core.cli.run import RunGroup, load_settings
from sysmon_core.cli.service import serve, start, welcome, worker
from sysmon_core.cli.token import token
from sysmon_core.cli.user import make_admin, user

if TYPE_CHECKING:
    from sysmon_core.settings import Settings

# Imports are made by the commands that need them: `sysmon --help` should not wait for argon2.
# ruff: noqa: PLC0415


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sysmon")
def main() -> None:
    """Run sysmon on this host, and manage it."""
    logging.getLogger("sysmon_core").addHandler(
        logging.NullHandler()
    )  # commands tell it themselves


main.add_command(RunGroup(name="run", subcommand_metavar="METRIC [OPTIONS]"))
main.add_command(plugin)
for command in (metrics, user, token, start, serve, worker, welcome):
    main.add_command(command)


@main.group(cls=DatabaseGroup)
def database() -> None:
    """Look after the users' database."""


@database.command()
@click.option("--bootstrap", is_flag=True, help="Make the first admin too: see user bootstrap.")
@click.pass_context
def upgrade(ctx: click.Context, bootstrap: bool) -> None:
    """Create the database, or bring it to this version."""
    from sysmon_core.database import Database, migrations

    config = load_settings()
    _make_folder(config)
    migrations.upgrade(Database(config.database))
    click.echo("The users' database is up to date.")
    if bootstrap:
        ctx.invoke(make_admin)


def _make_folder(config: Settings) -> None:
    try:
        config.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(
            f"The folder {config.var} cannot be made: {error.strerror}"
        ) from error

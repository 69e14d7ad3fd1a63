"""The ``sysmon`` command: runs sysmon, its users, database and metrics, on the host itself.

It takes its settings from the ini file that ``SYSMON_CONFIG`` names and from ``SYSMON_*``.
Exit status: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

import click

from sysmon_core.cli.plugin import plugin
from sysmon_core.cli.run import RunGroup, load_settings
from sysmon_core.cli.service import serve, start, welcome, worker
from sysmon_core.errors import SysmonError

if TYPE_CHECKING:
    from sysmon_core.services.users import Users
    from sysmon_core.settings import Settings

# Imports are made by the commands that need them: `sysmon --help` should not wait for argon2.
# ruff: noqa: PLC0415


class _Group(click.Group):
    """A group whose commands' refusals are one line and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SysmonError as error:
            raise click.ClickException(str(error)) from error


def _make_folder(config: Settings) -> None:
    try:
        config.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(
            f"The folder {config.var} cannot be made: {error.strerror}"
        ) from error


def _users() -> Users:
    from sysmon_core import logs
    from sysmon_core.services import audit
    from sysmon_core.services.users import Users

    config = load_settings()
    click.get_current_context().with_resource(logs.to_syslog(audit.logger, config.syslog))
    return Users.of(config)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sysmon")
def main() -> None:
    """Run sysmon on this host, and manage it."""
    logging.getLogger("sysmon_core").addHandler(
        logging.NullHandler()
    )  # commands tell it themselves


@main.command()
def metrics() -> None:
    """List the metrics that are registered, and the distribution each is from."""
    from sysmon_core.metrics import registry
    from sysmon_core.metrics.host import bind

    config = load_settings()
    found = bind(registry.load(config), config).registry
    for metric in found:
        source = found.sources[metric.name]
        kind = "task" if metric.long else "quick"
        click.echo(
            f"{metric.name:<16} {kind:<6} {source.distribution} {source.version:<10} {metric.title}"
        )
    for reason in found.left_out.values():
        click.echo(f"left out: {reason}")


main.add_command(RunGroup(name="run", subcommand_metavar="METRIC [OPTIONS]"))
main.add_command(plugin)
for command in (start, serve, worker, welcome):
    main.add_command(command)


@main.group()
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


@main.group()
def user() -> None:
    """Add, change, list and delete the users of version 3."""


def _password_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--password-file",
        type=click.File(encoding="utf-8"),
        help="A file whose first line is the password; - for standard input. Else you are asked.",
    )(command)


def _password(file: TextIO | None) -> str:
    if file is not None:
        try:
            return file.readline().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise click.ClickException("The file of the password is no UTF-8 text") from error
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for the password: use --password-file")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


@user.command()
@click.argument("name")
@click.option("--admin", is_flag=True, help="Let the user manage users.")
@click.option("--fullname", help="The person's name; without it, the user's.")
@_password_option
def add(name: str, admin: bool, fullname: str | None, password_file: TextIO | None) -> None:
    """Add the user NAME."""
    from sysmon_core.services.params import parse
    from sysmon_core.services.user_fields import NewUser

    password = _password(password_file)
    fields = {"username": name, "password": password, "fullname": fullname or name, "admin": admin}
    _users().create(parse(NewUser, fields.items()))
    click.echo(f"Added the user {name}.")


@user.command("password")
@click.argument("name")
@_password_option
def set_password(name: str, password_file: TextIO | None) -> None:
    """Give the user NAME a new password."""
    from sysmon_core.services.params import parse
    from sysmon_core.services.user_fields import UserChange

    users = _users()
    users.get(name)  # nobody should think up a password for a misspelt name
    users.change(name, parse(UserChange, [("password", _password(password_file))]))
    click.echo(f"Changed the password of {name}.")


@user.command("list")
def list_users() -> None:
    """List the users."""
    for account in _users().list():
        click.echo(
            f"{account.username:<24} {'admin' if account.admin else 'user':<6} {account.fullname}"
        )


@user.command()
@click.argument("name")
def delete(name: str) -> None:
    """Delete the user NAME."""
    _users().delete(name)
    click.echo(f"Deleted the user {name}.")


@user.command("bootstrap")
def make_admin() -> None:
    """Make the first admin, and print a random password once; do nothing if there is one."""
    from sysmon_core.services.passwords import random_password
    from sysmon_core.services.user_fields import NewUser

    users = _users()
    if users.has_admin():
        return
    password = random_password(load_settings().password_min_length)
    users.create(NewUser(username="admin", password=password, fullname="Administrator", admin=True))
    click.echo(f"There was no admin, so one was made. User: admin  Password: {password}")
    click.echo("This is shown once. Change it: sysmon user password admin")

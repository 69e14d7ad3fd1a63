"""``sysmon user``: the users of version 3."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import click

from sysmon_core.cli.completion import completing
from sysmon_core.cli.database_group import DatabaseGroup, audited_settings, usernames
from sysmon_core.cli.run import load_settings
from sysmon_core.printable import printable

if TYPE_CHECKING:
    from sysmon_core.services.users import Users

# Imports are made by the commands that need them: `sysmon --help` should not wait for argon2.
# ruff: noqa: PLC0415


@click.group(cls=DatabaseGroup)
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
@click.argument("name", shell_complete=completing(usernames))
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
        role = "admin" if account.admin else "user"
        click.echo(f"{printable(account.username):<24} {role:<6} {printable(account.fullname)}")


@user.command()
@click.argument("name", shell_complete=completing(usernames))
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


def _users() -> Users:
    from sysmon_core.services.users import Users

    return Users.of(audited_settings())

"""``sysmon token``: tokens, which stand for a user and permit less."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from sysmon_core.cli.completion import completing
from sysmon_core.cli.database_group import DatabaseGroup, audited_settings, usernames
from sysmon_core.errors import Fault, InvalidInput
from sysmon_core.printable import printable
from sysmon_core.services.grants import EVERY, Scope

if TYPE_CHECKING:
    from sysmon_core.services.token_rows import Token
    from sysmon_core.services.tokens import Tokens

# Imports are made by the commands that need them: `sysmon --help` should not wait for SQLAlchemy.
# ruff: noqa: PLC0415

FOR_EVER = "never"  # of --expires-in


MAX_ID = 2**31 - 1  # of an INTEGER of PostgreSQL


@click.group(cls=DatabaseGroup)
def token() -> None:
    """Create, list and revoke tokens of users."""


@token.command()
@click.argument("user", shell_complete=completing(usernames))
@click.option("--name", required=True, help="What the token is for.")
@click.option(
    "--scope",
    default=Scope.READ.word,
    show_default=True,
    metavar="|".join(scope.word for scope in Scope),
    help="To look and run quick metrics; to run tasks, too; or all that USER may do.",
)
@click.option("--metric", "metrics", multiple=True, help="A metric it holds for; else every one.")
@click.option(
    "--expires-in", default="90d", show_default=True, help=f"Such as 12h or 30d, or {FOR_EVER}."
)
def create(user: str, metrics: tuple[str, ...], expires_in: str, **given: str) -> None:
    """Create a token for USER, and print it: it is shown this once."""
    from sysmon_core.services.params import parse
    from sysmon_core.services.token_fields import NewToken

    fields: dict[str, object] = {
        "metrics": list(metrics) or [EVERY],
        "expires_in": None if expires_in == FOR_EVER else expires_in,
    }
    try:
        new = parse(NewToken, (given | fields).items())
    except InvalidInput as error:
        raise click.UsageError("; ".join(map(_fault, error.faults))) from error
    _, secret = _tokens().create(user, new)
    click.echo(secret)


def _fault(fault: Fault) -> str:
    """Name the option of a fault: ``--metric`` of ``metrics.1``."""
    field = fault.name.partition(".")[0]
    option = next(one.opts[0] for one in create.params if one.name == field)
    return f"{option}: {fault.detail}"


@token.command("list")
@click.argument("user", required=False, shell_complete=completing(usernames))
def list_tokens(user: str | None) -> None:
    """List the tokens of USER, or of all users."""
    for one in _tokens().list(user):
        click.echo(_line(one))


@token.command()
@click.argument("token_id", metavar="ID", type=click.IntRange(1, MAX_ID))
def revoke(token_id: int) -> None:
    """Revoke the token ID, as `sysmon token list` shows it: it is refused from now on."""
    _tokens().revoke(token_id)
    click.echo(f"Revoked the token {token_id}.")


def _tokens() -> Tokens:
    from sysmon_core.database import Database
    from sysmon_core.services.tokens import Tokens

    config = audited_settings()
    return Tokens(Database(config.database, config.database_timeout))


def _line(one: Token) -> str:
    limits = "" if EVERY in one.metrics else f" of {' '.join(one.metrics)}"
    facts = [f"{one.scope.word}{limits}", f"expires {_day(one.expires)}", f"used {_day(one.used)}"]
    head = f"{one.id:>5} {printable(one.owner):<16} {one.hint}…  {printable(one.name):<20}"
    return f"{head} {', '.join(facts)}"


def _day(seconds: int | None) -> str:
    """Return the day of a time, in UTC."""
    return "never" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"

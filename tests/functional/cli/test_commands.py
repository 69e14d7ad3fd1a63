"""The ``sysmon`` command: its help, wrong usage and output."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from sysmon_core.cli import main
from sysmon_core.services.users import Users
from tests.functional.cli.conftest import SECRET, Run


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


COMMANDS = dict(commands(main))


def test_there_are_at_least_these_commands() -> None:
    users = {("user", name) for name in ("add", "bootstrap", "delete", "list", "password")}
    assert users | {("metrics",), ("database", "upgrade")} <= set(COMMANDS)


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_helps_without_settings_or_a_database(
    run: Run, path: tuple[str, ...], option: str
) -> None:
    shown = run(*path, option, SYSMON_UNKNOWN="x").stdout
    assert f"Usage: {' '.join(('main', *path))} " in shown
    assert "Show this message and exit." in shown
    help_text = COMMANDS[path].help if path else main.help
    assert help_text
    assert " ".join(help_text.split()) in " ".join(shown.split())


@pytest.mark.parametrize(
    "args",
    [
        *((), ("none",), ("user",), ("database",), ("user", "none"), ("metrics", "x"), ("--none",)),
        *(("user", "add"), ("user", "delete"), ("user", "password"), ("user", "list", "x")),
        *(("user", "delete", "a", "b"), ("user", "add", "ann"), ("user", "password", "root")),
        ("user", "add", "ann", "--password", "x"),
        ("user", "add", "ann", "x"),
        ("user", "add", "ann", "--password-file", "missing"),
        ("user", "add", "ann", "--password-file", "."),
        ("user", "add", "ann", "--password-file"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2_and_a_message_on_standard_error(
    upgraded: Run, users: Users, args: tuple[str, ...]
) -> None:
    upgraded("user", "add", "root", "--password-file", "-", stdin=SECRET)
    result = upgraded(*args, code=2)
    assert result.stdout == ""
    assert re.search("^(Usage|Error): ", result.stderr)
    assert [account.username for account in users.list()] == ["root"]


def test_metrics_are_listed_in_the_order_of_the_registry(run: Run) -> None:
    listed = [line for line in run("metrics").stdout.splitlines() if not line.startswith(" ")]
    lines = [line.split(maxsplit=4) for line in listed]
    assert [line[:3] for line in lines[:2]] == [
        ["uptime", "quick", "sysmon"],
        ["iostat", "task", "sysmon"],
    ]
    assert all(title for *_, title in lines)
    assert len({line.index("sysmon") for line in listed}) == 1, "the columns do not line up"
    assert len({line.index(title) for line, (*_, title) in zip(listed, lines, strict=True)}) == 1

"""The ``sysmon`` command: what it does, what it prints where, and how it ends."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from sysmon_core.cli import main
from sysmon_core.database import Database
from sysmon_core.services.users import Account, Users
from tests.conftest import owner_of, users_of

SYSMON = Path(sys.executable).parent / "sysmon"
SECRET = "pa55-word"  # nothing that is printed has it in it
INHERITED: dict[str, str | None] = {name: None for name in os.environ if name.startswith("SYSMON_")}

Run = Callable[..., Result]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Run:
    """Run the command in a folder without an ini file; state is in ``folder``.

    A test that asks for ``database_url``, or for what does, has its users there.
    """
    monkeypatch.chdir(folder)
    state = {"SYSMON_VAR": str(folder / "var")}
    if "database_url" in request.fixturenames:
        state["SYSMON_DATABASE_URL"] = request.getfixturevalue("database_url")

    def run(*args: str, code: int = 0, stdin: str | bytes = "", **env: str) -> Result:
        variables = INHERITED | state | env
        result = CliRunner().invoke(main, args, input=stdin, env=variables)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert SECRET not in result.output
        assert result.exit_code == code, result.output
        if code == 1:  # the reason, in a line
            assert re.fullmatch(r"Error: [^\n]+\n", result.stderr)
            assert result.stdout == ""
        else:
            assert bool(result.stderr) == (code == 2)
        return result

    return run


@pytest.fixture
def upgraded(run: Run, database_url: str) -> Run:
    run("database", "upgrade")
    return run


@pytest.fixture
def database(folder: Path, database_url: str) -> Database:
    return Database(database_url or f"sqlite:///{folder}/var/sysmon.sqlite")


@pytest.fixture
def users(database: Database) -> Users:
    return users_of(database)


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
def test_wrong_usage_is_status_2_and_told_on_standard_error(
    upgraded: Run, users: Users, args: tuple[str, ...]
) -> None:
    upgraded("user", "add", "root", "--password-file", "-", stdin=SECRET)
    result = upgraded(*args, code=2)
    assert result.stdout == ""
    assert re.search("^(Usage|Error): ", result.stderr)
    assert [account.username for account in users.list()] == ["root"]


def test_metrics_are_listed_in_the_order_of_the_registry(run: Run) -> None:
    lines = [line.split(maxsplit=4) for line in run("metrics").stdout.splitlines()]
    assert [line[:3] for line in lines[:2]] == [
        ["uptime", "quick", "sysmon"],
        ["iostat", "task", "sysmon"],
    ]
    assert all(title for *_, title in lines)


def test_the_database_is_made_in_a_private_folder_and_upgraded_again(
    run: Run, folder: Path
) -> None:
    var = folder / "deep" / "var"
    for _ in range(2):
        assert run("database", "upgrade", SYSMON_VAR=str(var)).stdout.count("\n") == 1
        assert var.stat().st_mode & 0o777 == 0o700
        assert (var / "sysmon.sqlite").is_file()


def test_users_are_added_listed_and_deleted(upgraded: Run, users: Users, folder: Path) -> None:
    (folder / "password").write_text(f"{SECRET}\nnot the password\n", encoding="utf-8")
    upgraded("user", "add", "root", "--admin", "--password-file", str(folder / "password"))
    upgraded("user", "add", "bob", "--fullname", "Bób B", "--password-file", "-", stdin=SECRET)
    bob, root = Account("bob", "Bób B", admin=False), Account("root", "root", admin=True)
    assert users.list() == [bob, root]
    assert owner_of(users, "root", SECRET) == root
    assert owner_of(users, "bob", SECRET) == bob
    listed = upgraded("user", "list").stdout.splitlines()
    assert [line.split(maxsplit=2) for line in listed] == [
        ["bob", "user", "Bób B"],
        ["root", "admin", "root"],
    ]
    assert "bob" in upgraded("user", "delete", "bob").stdout
    assert users.list() == [root]


def test_a_password_is_changed(upgraded: Run, users: Users) -> None:
    upgraded("user", "add", "bob", "--password-file", "-", stdin="old")
    upgraded("user", "password", "bob", "--password-file", "-", stdin=SECRET)
    assert owner_of(users, "bob", "old") is None
    assert owner_of(users, "bob", SECRET)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nmore\n"], ids=repr)
def test_the_password_is_the_first_line_whatever_ends_it(
    upgraded: Run, users: Users, folder: Path, ending: str
) -> None:
    password = f" {SECRET} ü "
    (folder / "password").write_bytes(f"{password}{ending}".encode())
    upgraded("user", "add", "ann", "--password-file", str(folder / "password"))
    upgraded("user", "add", "bob", "--password-file", "-", stdin=f"{password}{ending}")
    assert owner_of(users, "ann", password)
    assert owner_of(users, "bob", password)


@pytest.mark.parametrize(
    "args",
    [
        ("user", "delete", "root"),
        ("user", "delete", "none"),
        ("user", "delete", "\udcff"),
        ("user", "password", "none", "--password-file", "-"),
        ("user", "password", "\udcff", "--password-file", "-"),
        ("user", "password", "root", "--password-file", "empty"),
        ("user", "password", "root", "--password-file", "latin-1"),
        ("user", "add", "root", "--password-file", "-"),
        ("user", "add", "a b", "--password-file", "-"),
        ("user", "add", "\udcff", "--password-file", "-"),
        ("user", "add", "ann", "--fullname", "\udcff", "--password-file", "-"),
        ("user", "add", "ann", "--password-file", "empty"),
        ("user", "add", "ann", "--password-file", "latin-1"),
    ],
    ids=lambda args: " ".join(args).encode("ascii", "backslashreplace").decode(),
)
def test_what_is_refused_is_status_1_and_a_line_on_standard_error(
    upgraded: Run, users: Users, folder: Path, args: tuple[str, ...]
) -> None:
    upgraded("user", "add", "root", "--admin", "--password-file", "-", stdin=SECRET)
    (folder / "empty").write_text("\nsecond line\n")
    (folder / "latin-1").write_bytes("gr\xfcn\n".encode("latin-1"))
    upgraded(*args, code=1, stdin="new")
    root = Account("root", "root", admin=True)
    assert users.list() == [root]
    assert owner_of(users, "root", SECRET) == root


def test_a_password_must_be_as_long_as_the_setting_asks(upgraded: Run, users: Users) -> None:
    add = ("user", "add", "ann", "--password-file", "-")
    length = {"SYSMON_PASSWORD_MIN_LENGTH": "8"}
    assert "8" in upgraded(*add, code=1, stdin="1234567", **length).stderr
    upgraded(*add, stdin="12345678", **length)
    upgraded("user", "password", "ann", "--password-file", "-", code=1, stdin="short", **length)
    assert owner_of(users, "ann", "12345678")


def test_bootstrap_makes_an_admin_once_and_shows_the_password_once(
    upgraded: Run, users: Users
) -> None:
    upgraded("user", "add", "bob", "--password-file", "-", stdin=SECRET)
    shown = upgraded("user", "bootstrap").stdout
    found = re.search(r"User: (\S+)  Password: (\S+)", shown)
    assert found
    name, password = found.groups()
    assert owner_of(users, name, password) == Account(name, "Administrator", admin=True)
    assert shown.count(password) == 1
    assert len(password) >= 20
    before = users.list()
    assert upgraded("user", "bootstrap").output == ""
    assert users.list() == before
    assert owner_of(users, name, password)
    assert password not in upgraded("user", "list").output


def test_bootstrap_does_nothing_if_there_is_an_admin_of_any_name(
    upgraded: Run, users: Users
) -> None:
    upgraded("user", "add", "boss", "--admin", "--password-file", "-", stdin=SECRET)
    assert upgraded("user", "bootstrap").output == ""
    assert [account.username for account in users.list()] == ["boss"]


def test_every_bootstrap_makes_another_password(run: Run, folder: Path) -> None:
    shown = set()
    for name in ("one", "two"):
        place = {"SYSMON_VAR": str(folder / name)}
        run("database", "upgrade", **place)
        shown.add(run("user", "bootstrap", **place).stdout)
    assert len(shown) == 2


@pytest.mark.parametrize(
    "args",
    [
        *(("list",), ("bootstrap",), ("delete", "x")),
        *(("add", "x", "--password-file", "-"), ("password", "x", "--password-file", "-")),
    ],
    ids=" ".join,
)
def test_without_tables_a_line_names_the_remedy(
    run: Run, folder: Path, database_url: str, args: tuple[str, ...]
) -> None:
    run("user", *args, code=1, stdin=SECRET)  # there is not even a folder
    (folder / "var").mkdir()
    refused = run("user", *args, code=1, stdin=SECRET)
    assert "sysmon database upgrade" in refused.stderr


def test_a_database_of_a_later_version_is_told_in_a_line(upgraded: Run, database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    upgraded("database", "upgrade", code=1)


INI = "[app:main]\nuse = egg:sysmon\n"
WRONG_INI = {
    "unknown setting": (f"{INI}sysmon.lisen = x\n", r"sysmon\.lisen .*listen\?"),
    "wrong value": (f"{INI}sysmon.sync_runs = many\n", r"sysmon\.sync_runs"),
    "the section of another": ("[app:other]\nuse = egg:sysmon\n", r"x\.ini .*app:main"),
    "no section": ("sysmon.var = x\n", ""),
    "half a section": ("[app:main\n", ""),
    "a doubled section": (f"{INI}{INI}", ""),
    "a doubled setting": (f"{INI}sysmon.var = x\nsysmon.var = y\n", ""),
    "an unknown variable": (f"{INI}sysmon.var = %(none)s\n", ""),
    "no text": ("\xff\xfe\0", ""),
}


@pytest.mark.parametrize(("content", "named"), WRONG_INI.values(), ids=WRONG_INI)
def test_an_ini_file_that_is_wrong_is_told_in_a_line(
    run: Run, folder: Path, content: str, named: str
) -> None:
    (folder / "x.ini").write_text(content, encoding="latin-1")
    refused = run("metrics", code=1, SYSMON_CONFIG=str(folder / "x.ini"))
    assert re.search(named or r"x\.ini", refused.stderr)


UNUSABLE = {
    "an unknown setting": ("metrics", "SYSMON_LISTEM", "x"),
    "a value that does not fit": ("metrics", "SYSMON_TASK_LIMIT", "0"),
    "no such ini file": ("metrics", "SYSMON_CONFIG", "missing.ini"),
    "a folder as ini file": ("metrics", "SYSMON_CONFIG", "."),
    "too long a path": ("metrics", "SYSMON_VAR", "x" * 200),
    "no URL": ("user list", "SYSMON_DATABASE_URL", "nonsense"),
    "an unknown database": ("user list", "SYSMON_DATABASE_URL", "nonsense://host/name"),
    "no such folder": ("user list", "SYSMON_DATABASE_URL", "sqlite:////dev/null/x"),
    "garbage to read": ("user list", "SYSMON_DATABASE_URL", "sqlite:///garbage"),
    "garbage to upgrade": ("database upgrade", "SYSMON_DATABASE_URL", "sqlite:///garbage"),
    "a file as folder": ("database upgrade", "SYSMON_VAR", "garbage"),
    "a folder in a file": ("database upgrade", "SYSMON_VAR", "garbage/var"),
}


@pytest.mark.parametrize(("command", "name", "value"), UNUSABLE.values(), ids=UNUSABLE)
def test_settings_that_cannot_be_used_are_told_in_a_line(
    run: Run, folder: Path, command: str, name: str, value: str
) -> None:
    (folder / "garbage").write_bytes(b"garbage, no database\n" * 100)
    refused = run(*command.split(), code=1, **{name: value})
    if command == "metrics" and name != "SYSMON_CONFIG":
        assert name in refused.stderr


def test_settings_come_from_the_ini_file_and_the_environment_goes_first(
    run: Run, folder: Path
) -> None:
    (folder / "x.ini").write_text(f"{INI}sysmon.database_url = sqlite:///%(here)s/a.sqlite\n")
    config = {"SYSMON_CONFIG": str(folder / "x.ini")}
    run("database", "upgrade", **config)
    run("database", "upgrade", **config, SYSMON_DATABASE_URL=f"sqlite:///{folder}/b.sqlite")
    (folder / "development.ini").write_text(
        f"{INI}sysmon.database_url = sqlite:///{folder}/c.sqlite\n"
    )
    run("database", "upgrade")  # the ini file of the current folder
    assert {path.name for path in folder.glob("?.sqlite")} == {"a.sqlite", "b.sqlite", "c.sqlite"}


def environment(folder: Path, database_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in INHERITED}
    return kept | {"SYSMON_VAR": str(folder / "var"), "SYSMON_DATABASE_URL": database_url}


def test_the_installed_script_works_from_the_first_step_to_a_refusal(
    folder: Path, database_url: str, users: Users
) -> None:
    def sysmon(*args: str, typed: str = "") -> tuple[int, str, str]:
        env = environment(folder, database_url)
        command = [str(SYSMON), *args]
        done = subprocess.run(
            command, check=False, text=True, input=typed, cwd=folder, env=env, capture_output=True
        )
        return done.returncode, done.stdout, done.stderr

    add = ("user", "add", "ann", "--password-file", "-")
    assert sysmon("database", "upgrade")[::2] == (0, "")
    assert sysmon(*add, typed=SECRET)[::2] == (0, "")
    assert owner_of(users, "ann", SECRET)
    status, out, err = sysmon(*add, typed=SECRET)
    assert (status, out) == (1, "")
    assert re.fullmatch(r"Error: [^\n]+\n", err)
    assert sysmon("user", "add", "bob")[:2] == (2, "")


TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(
    upgraded: Run, folder: Path, database_url: str, users: Users
) -> None:
    command = [sys.executable, "-c", TERMINAL, str(SYSMON), "user", "add", "ann"]
    env = environment(folder, database_url)
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
    with subprocess.Popen(command, cwd=folder, env=env, **pipes) as process:
        assert process.stdin
        assert process.stdout
        shown = b""
        for answered in range(2):
            while shown.count(b": ") <= answered:  # each prompt ends so
                byte = process.stdout.read(1)
                assert byte, shown
                shown += byte
            process.stdin.write(f"{SECRET}\n".encode())
        shown += process.stdout.read()
        assert process.wait() == 0
    assert SECRET.encode() not in shown
    assert owner_of(users, "ann", SECRET)


def test_the_hosts_log_hears_of_what_is_changed_and_nothing_else(
    upgraded: Run, folder: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(folder / "log"))
        log.settimeout(10)
        told = {"SYSMON_SYSLOG": str(folder / "log")}
        upgraded("user", "add", "ann", "--password-file", "-", stdin=SECRET, **told)
        upgraded("user", "list", **told)
        upgraded("user", "delete", "ann", **told)
        for event in ("user.created", "user.deleted"):
            line = log.recv(4096).decode()
            priority, _, rest = line.partition(">sysmon: ")
            assert priority == f"<{10 * 8 + 6}"  # authpriv, information
            fields = json.loads(rest.rstrip("\0"))
            assert (fields["message"], fields["user"]) == (event, "ann")
            assert fields["by"] == f"uid {os.getuid()}"
            assert SECRET not in line


def test_one_command_makes_the_database_and_the_first_admin(run: Run, users: Users) -> None:
    said = run("database", "upgrade", "--bootstrap").stdout
    assert "is up to date" in said
    (password,) = re.findall(r"User: admin  Password: (\S+)", said)
    assert owner_of(users, "admin", password)
    assert "Password" not in run("database", "upgrade", "--bootstrap").stdout

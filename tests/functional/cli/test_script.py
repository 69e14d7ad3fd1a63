"""The installed script, at a terminal and as an operator runs it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from sysmon_core.services.users import Users
from tests.conftest import owner_of
from tests.functional.cli.conftest import INHERITED, SECRET, Run

SYSMON = Path(sys.executable).parent / "sysmon"


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


def test_changes_by_the_command_are_in_the_hosts_log_and_nothing_else(
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

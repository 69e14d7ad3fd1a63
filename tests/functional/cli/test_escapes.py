"""Text from outside, which moves no cursor of whoever runs the command and forges no row."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert

from sysmon_core.database import Database
from sysmon_core.database.tables import users as table
from tests.conftest import MakePrograms
from tests.functional.cli.conftest import SECRET, Run
from tests.functional.cli.test_script import SYSMON

HOSTILE = "Ann\n\x1b[2J\x9b31m\u202eroot"
SHOWN = r"Ann\n\x1b[2J\x9b31m\u202eroot"


def test_a_fullname_of_an_older_version_is_listed_escaped(
    upgraded: Run, database: Database
) -> None:
    row = {"username": "ann", "fullname": HOSTILE, "password_hash": "x", "admin": False}
    with database.write() as connection:
        connection.execute(insert(table).values(row))
    (line,) = upgraded("user", "list").stdout.splitlines()
    assert line.split(maxsplit=2) == ["ann", "user", SHOWN]


@pytest.mark.parametrize("text", ["a\nb", "\x1b[31m", "\x9b31m", "a\u202eb"])
def test_a_fullname_with_control_characters_is_refused_in_a_sentence(
    upgraded: Run, text: str
) -> None:
    words = ("user", "add", "ann", "--fullname", text, "--password-file", "-")
    told = "fullname: must not contain control characters, line breaks or direction overrides"
    assert upgraded(*words, code=1, stdin=SECRET).stderr == f"Error: {told}\n"
    assert upgraded("user", "list").stdout == ""


def test_the_error_of_a_program_is_one_line_without_control_characters(
    run: Run, programs: MakePrograms
) -> None:
    path = programs(uptime=r"printf 'no\nclock\033[31m' >&2; exit 3")
    told = run("run", "uptime", code=1, SYSMON_COMMAND_PATH=path).stderr
    assert told == "Error: uptime ended with status 3: no clock\\x1b[31m\n"


def test_a_wrong_word_is_shown_escaped(run: Run) -> None:
    for words in (["user", "\x1b[31m"], ["run", "a\x1b[31m"], ["user", "list", "\x1b[31m"]):
        assert "\x1b" not in run(*words, code=2).stderr


def printed(folder: Path, path: str, *, terminal: bool) -> bytes:
    ours, theirs = pty.openpty() if terminal else os.pipe()
    environ = {"SYSMON_VAR": str(folder), "SYSMON_COMMAND_PATH": path, "LANG": "C.UTF-8"}
    command = [str(SYSMON), "run", "uptime"]
    with subprocess.Popen(command, stdout=theirs, env=environ, cwd=folder) as process:
        os.close(theirs)
        seen = b""
        try:
            while more := os.read(ours, 1000):
                seen += more
        except OSError:  # the end of a terminal
            pass
        assert process.wait(20) == 0
    os.close(ours)
    return seen


def test_a_program_s_text_is_exact_in_a_pipe_and_escaped_on_a_terminal(
    folder: Path, programs: MakePrograms
) -> None:
    path = programs(uptime=r"printf 'up\t1\n\033[31mred\033[0m\302\233\342\200\256\n'")
    exact = "up\t1\n\x1b[31mred\x1b[0m\x9b\u202e\n".encode()
    assert printed(folder, path, terminal=False) == exact
    shown = rb"up 1 \x1b[31mred\x1b[0m\x9b\u202e".split()
    assert printed(folder, path, terminal=True).split() == shown


def test_a_letter_that_the_locale_cannot_write_is_escaped(
    folder: Path, programs: MakePrograms
) -> None:
    path = programs(uptime="echo 'für dich'")
    environ = {"SYSMON_VAR": str(folder), "SYSMON_COMMAND_PATH": path, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "sysmon_core", "run", "uptime"],
        env=environ,
        cwd=folder,
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"f\\xfcr dich\n"

"""What the tests of the command share: a run of it in this process."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sysmon_core.cli import main
from sysmon_core.database import Database
from sysmon_core.services.users import Users
from tests.conftest import users_of

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

"""Upgrades that meet each other, or a writer."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from sysmon_core.database import Database, migrations
from sysmon_core.database.deadline import DEFAULT_SECONDS
from sysmon_core.errors import DatabaseUnavailable
from tests.conftest import PATIENCE
from tests.unit.database.migrations.conftest import NewUrl, alembic


def test_upgrades_that_meet_wait_for_each_other(url: str) -> None:
    databases = [Database(url) for _ in range(4)]
    with ThreadPoolExecutor(len(databases)) as pool:
        assert list(pool.map(migrations.upgrade, databases)) == [None] * len(databases)
    alembic(databases[0], "check")


def test_processes_that_start_at_once_upgrade_once(new_url: NewUrl, folder: Path) -> None:
    for _ in range(3):
        url = new_url()
        environ = {
            "SYSMON_DATABASE_URL": url,
            "SYSMON_VAR": str(folder),
            "PATH": os.environ["PATH"],
        }
        command = [str(Path(sys.executable).parent / "sysmon"), "database", "upgrade"]
        started = [
            subprocess.Popen(
                command, env=environ, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            for _ in range(3)
        ]
        said = [process.communicate(timeout=50)[0].decode() for process in started]
        assert said == ["The users' database is up to date.\n"] * len(started)
        assert [process.returncode for process in started] == [0] * len(started)
        alembic(Database(url), "check")


def test_an_upgrade_waits_longer_for_a_writer_than_others_do(url: str) -> None:
    database, other = Database(url), Database(url)

    def write(database: Database) -> None:
        with database.write() as connection:
            connection.execute(text("SELECT 1"))

    with ThreadPoolExecutor(1) as pool:
        with database.write(PATIENCE) as connection:
            connection.execute(text("SELECT 1"))
            with pytest.raises(DatabaseUnavailable, match="locked"):
                migrations.upgrade(other, DEFAULT_SECONDS)
            patient = pool.submit(migrations.upgrade, other)
            with pytest.raises(DatabaseUnavailable, match="locked"):
                write(Database(url))
            assert not patient.done()
        patient.result()
    alembic(database, "check")

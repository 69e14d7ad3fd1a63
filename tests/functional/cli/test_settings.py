"""Settings and databases that the command cannot use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from sysmon_core.database import Database
from tests.functional.cli.conftest import SECRET, Run


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


def test_a_database_of_a_later_version_is_refused_with_one_line(
    upgraded: Run, database: Database
) -> None:
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
def test_a_wrong_ini_file_is_refused_with_one_line(
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
def test_unusable_settings_are_refused_with_one_line(
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

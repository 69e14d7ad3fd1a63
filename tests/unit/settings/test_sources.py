"""Sources of settings: the environment, credentials, the ini file, the defaults."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings import Settings, load
from tests.unit.settings.conftest import TEXTS, refused


@given(
    name=st.sampled_from(TEXTS),
    ini=st.none() | st.sampled_from(["one", "two"]),
    environ=st.none() | st.sampled_from(["three", "four"]),
)
def test_the_environment_beats_the_ini_file_and_that_the_default(
    name: str, ini: str | None, environ: str | None
) -> None:
    settings = load(
        {} if ini is None else {f"sysmon.{name}": ini},
        {} if environ is None else {f"SYSMON_{name.upper()}": environ},
    )
    expected = next(
        value for value in (environ, ini, Settings.model_fields[name].default) if value is not None
    )
    assert getattr(settings, name) == expected


@pytest.mark.parametrize(
    ("ini", "environ", "source", "hint"),
    [
        ({"sysmon.sync_limt": "1"}, {}, "sysmon.sync_limt in the ini file", "sync_limit"),
        (
            {},
            {"SYSMON_DATABASE_PATIENCE": "3"},  # as earlier versions named it
            "SYSMON_DATABASE_PATIENCE in the environment",
            "sysmon.database_timeout?",
        ),
        ({"sysmon.fast": "1"}, {}, "sysmon.fast in the ini file", "docs/settings.md"),
        ({"debug": "1"}, {}, "debug in the ini file", "docs/settings.md"),
        ({"listen": "1"}, {}, "listen in the ini file", "sysmon.listen"),
        ({}, {"SYSMON_LISTN": "1"}, "SYSMON_LISTN in the environment", "listen"),
        ({}, {"SYSMON_ZZZ": "1"}, "SYSMON_ZZZ in the environment", "docs/settings.md"),
        ({"sysmon.config": "x.ini"}, {}, "sysmon.config in the ini file", ""),
    ],
)
def test_an_unknown_name_stops_the_start_with_its_source_and_a_hint(
    ini: dict[str, str], environ: dict[str, str], source: str, hint: str
) -> None:
    sentence = refused(ini, environ)
    assert sentence.startswith(f"Unknown setting {source}: ")
    assert hint in sentence
    assert sentence.endswith(("?", ": docs/settings.md lists them all"))


def test_a_value_is_not_repeated_for_it_may_be_a_secret() -> None:
    assert "hunter2" not in refused({}, {"SYSMON_TASK_TTL": "hunter2"})


def test_options_of_the_loader_and_of_pyramid_are_ignored() -> None:
    ini = {"use": "egg:sysmon", "pyramid.includes": "x"}
    environ = {"PATH": "/bin", "SYSMON_CONFIG": "x.ini", "sysmon_zzz": "1", "MY_SYSMON_ZZZ": "1"}
    assert load(ini, environ) == load({}, {})


def test_the_environment_is_that_of_the_process_unless_one_is_given(
    no_environment: pytest.MonkeyPatch,
) -> None:
    no_environment.setenv("SYSMON_LISTEN", "[::1]:80")
    assert load({}).listen == "[::1]:80"
    assert load({}, {}).listen != "[::1]:80"


def test_a_credential_of_systemd_goes_before_the_ini_file_and_after_the_environment(
    folder: Path,
) -> None:
    (folder / "SYSMON_REDIS_URL").write_text("redis://:secret@host\n")
    (folder / "of_another").write_text("x")
    environ = {"CREDENTIALS_DIRECTORY": str(folder)}
    ini = {"sysmon.redis_url": "redis://ini"}
    assert load(ini, environ).redis_url == "redis://:secret@host"
    environ["SYSMON_REDIS_URL"] = "redis://environ"
    assert load(ini, environ).redis_url == "redis://environ"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"canary\xff", "is no text in UTF-8"),
        (b"canary" + b"x" * 16384, "has more than 16384 bytes"),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_a_credential_that_cannot_be_read_is_named(
    content: bytes | None, reason: str, folder: Path
) -> None:
    file = folder / "SYSMON_REDIS_URL"
    file.mkdir() if content is None else file.write_bytes(content)
    sentence = refused({}, {"CREDENTIALS_DIRECTORY": str(folder)})
    assert sentence == f"The credential {file} {reason}"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_credential_is_read_without_its_last_line_end(end: str, folder: Path) -> None:
    (folder / "SYSMON_PASSWORD_BLOCKLIST").write_bytes(f" a \n{end}".encode())
    found = load({}, {"CREDENTIALS_DIRECTORY": str(folder)})
    assert found.password_blocklist == (" a \n" if end else " a ")


def test_a_credential_that_is_no_setting_stops_the_start(folder: Path) -> None:
    (folder / "SYSMON_REDIS_ULR").write_text("canary")
    with pytest.raises(ConfigurationError, match="REDIS_ULR among the credentials") as raised:
        load({}, {"CREDENTIALS_DIRECTORY": str(folder)})
    assert "canary" not in str(raised.value)

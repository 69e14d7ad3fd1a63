from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from sysmon_core.errors import ConfigurationError
from sysmon_core.redis_store.client import api_client
from sysmon_core.settings import (
    DEFAULT_CONFIG,
    SOCKET_PATH_LIMIT,
    Settings,
    config_file,
    load,
    load_file,
)

NUMBERS = ["sync_runs", "task_ttl", "tasks_open", "tasks_per_client", "output_limit", "body_limit"]
NUMBERS += ["sync_runs_per_client", "quick_runs"]
NUMBERS += ["password_min_length", "password_checks", "password_queue"]
NUMBERS += ["task_ttl_anonymous", "worker_threads"]
NUMBERS += ["tasks_kept", "tasks_kept_bytes", "tasks_kept_per_client"]
SHARES = ["client_share"]
SECONDS = ["sync_limit", "task_limit", "overrun", "database_patience"]
TEXTS = ["listen", "database_url", "redis_url", "command_path", "password_blocklist"]
TEXTS += ["plugins_allowed", "plugins_blocked", "syslog"]
RATES = ["guesses_per_address", "guesses_per_user_and_address", "guesses_per_user"]
LISTS = ["trusted_proxies", "versions", "hosts"]


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("SYSMON_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def refused(ini: dict[str, str], environ: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(ini, environ)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_every_setting_is_one_of_those_tested_here() -> None:
    others = {"plugins_tolerant", "private", "var"}
    kinds = (NUMBERS, SECONDS, TEXTS, RATES, LISTS, SHARES)
    assert {*others, *(name for kind in kinds for name in kind)} == set(Settings.model_fields)


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


@given(name=st.sampled_from([*NUMBERS, *SECONDS]), value=st.integers(-3, 10**12))
def test_a_number_is_taken_if_it_is_above_zero(name: str, value: int) -> None:
    if value > 0:
        assert getattr(load({f"sysmon.{name}": str(value)}, {}), name) == value
    else:
        assert f"sysmon.{name} in the ini file" in refused({f"sysmon.{name}": str(value)}, {})


@pytest.mark.parametrize("value", ["0", "-1", "1.01", "nan", "half"])
@pytest.mark.parametrize("name", SHARES)
def test_a_share_is_of_something_and_no_more_than_all_of_it(name: str, value: str) -> None:
    assert f"sysmon.{name} in the ini file" in refused({f"sysmon.{name}": value}, {})
    assert getattr(load({f"sysmon.{name}": "1"}, {}), name) == 1


@pytest.mark.parametrize("value", ["", "many", "1.5.0", "nan", "0x10"])
@pytest.mark.parametrize("name", [*NUMBERS, *SECONDS])
def test_a_setting_that_is_no_number_is_refused_with_its_source(name: str, value: str) -> None:
    variable = f"SYSMON_{name.upper()}"
    assert f"{variable} in the environment is wrong" in refused({}, {variable: value})


def test_a_part_of_a_second_is_a_time_but_a_part_of_a_run_is_no_run() -> None:
    assert load({"sysmon.sync_limit": "0.5"}, {}).sync_limit == 0.5
    refused({"sysmon.sync_runs": "0.5"}, {})


@pytest.mark.parametrize(
    ("ini", "environ", "source", "hint"),
    [
        ({"sysmon.sync_limt": "1"}, {}, "sysmon.sync_limt in the ini file", "sync_limit"),
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


@pytest.mark.parametrize(
    ("value", "kept"), [("v1", "v1"), (" v3  v1 v1", "v1 v3"), ("v3 v2 v1", "v1 v2 v3")]
)
def test_versions_are_named_in_any_order(value: str, kept: str) -> None:
    assert load({"sysmon.versions": value}, {}).versions == tuple(kept.split())


@pytest.mark.parametrize("value", ["", "v4", "v1,v2", "V1"])
def test_a_version_that_is_none_is_refused(value: str) -> None:
    assert "v1, v2, v3" in refused({"sysmon.versions": value}, {})


@pytest.mark.parametrize(("value", "on"), [("true", True), ("1", True), ("no", False)])
def test_a_switch_is_on_or_off(value: str, on: bool) -> None:
    assert load({"sysmon.plugins_tolerant": value}, {}).plugins_tolerant is on
    refused({"sysmon.plugins_tolerant": "perhaps"}, {})


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


def test_the_folder_of_state_is_absolute_and_holds_database_and_socket() -> None:
    settings = load({"sysmon.var": "some/where"}, {})
    assert settings.var == Path.cwd() / "some/where"
    assert load({}, {}).var == Path.cwd() / "var"
    assert settings.redis == f"unix://{settings.var}/redis.sock"
    assert settings.database == f"sqlite:///{settings.var}/sysmon.sqlite"


def test_a_url_that_is_given_is_taken_as_it_is() -> None:
    urls = {"sysmon.database_url": "postgresql://db/sysmon", "sysmon.redis_url": "redis://r/3"}
    settings = load(urls, {})
    assert (settings.database, settings.redis) == ("postgresql://db/sysmon", "redis://r/3")


@pytest.mark.parametrize("folder", ["/a b", "/é", "/what?", "/#1", "/100%41"])
def test_the_derived_urls_lead_into_the_folder_whatever_it_is_called(folder: str) -> None:
    settings = load({"sysmon.var": folder}, {})
    assert make_url(settings.database).database == f"{folder}/sysmon.sqlite"
    client = api_client(settings.redis)
    assert client.connection_pool.connection_kwargs["path"] == f"{folder}/redis.sock"


@pytest.mark.parametrize("letter", ["a", "é"])
def test_a_path_too_long_for_a_socket_is_an_error_at_the_start(letter: str) -> None:
    room = SOCKET_PATH_LIMIT - len("//redis.sock")
    fits = "/" + letter * (room // len(letter.encode()))
    assert load({"sysmon.var": fits}, {}).redis_socket.parent == Path(fits)
    sentence = refused({}, {"SYSMON_VAR": fits + 2 * letter})
    assert str(SOCKET_PATH_LIMIT) in sentence
    assert "SYSMON_VAR" in sentence
    assert load({"sysmon.var": fits + 2 * letter, "sysmon.redis_url": "redis://r"}, {})


def test_the_variable_for_the_ini_file_precedes_the_file_in_this_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert config_file({}) == str(DEFAULT_CONFIG)
    (folder / "development.ini").touch()
    assert config_file({}) == "development.ini"
    assert config_file({"SYSMON_CONFIG": ""}) == "development.ini"
    assert config_file({"SYSMON_CONFIG": "/etc/sysmon.ini"}) == "/etc/sysmon.ini"
    monkeypatch.setenv("SYSMON_CONFIG", "/etc/other.ini")
    assert config_file() == "/etc/other.ini"


def test_a_section_is_chosen_by_its_name(folder: Path, no_environment: pytest.MonkeyPatch) -> None:
    file = folder / "some.ini"
    file.write_text("[app:main]\nsysmon.listen = a\n[app:other]\nsysmon.listen = %(here)s/b\n")
    assert load_file(str(file)).listen == "a"
    assert load_file(f"{file}#other").listen == f"{folder}/b"
    no_environment.setenv("SYSMON_LISTEN", "c")
    assert load_file(str(file)).listen == "c"


def test_the_file_of_the_package_sets_nothing(
    no_environment: pytest.MonkeyPatch,
) -> None:
    assert load_file(str(DEFAULT_CONFIG)) == load({}, {})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("missing.ini", None, id="missing"),
        pytest.param("some.yaml", b"a: 1\n", id="another kind of file"),
        pytest.param("some", b"[app:main]\n", id="no kind of file"),
        pytest.param("some.ini", b"hello\n", id="no section at all"),
        pytest.param("some.ini", b"[app:main]\na = %(b)s\n", id="a reference to nothing"),
        pytest.param("some.ini", b"[app:main]\na = 1\na = 2\n", id="a key given twice"),
        pytest.param("some.ini", b"\xff\xfe\0", id="not text"),
        pytest.param("some.ini", b"[alembic]\na = 1\n", id="no section of an application"),
        pytest.param("some.ini#other", b"[app:main]\n", id="not the section asked for"),
    ],
)
def test_a_file_that_is_missing_or_not_ours_stops_the_start(
    name: str, content: bytes | None, folder: Path, no_environment: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (folder / name.partition("#")[0]).write_bytes(content)
    with pytest.raises(ConfigurationError, match=re.escape(f"{folder}/{name}")):
        load_file(f"{folder}/{name}")


def test_why_a_file_cannot_be_read_is_told_on_one_line(
    folder: Path, no_environment: pytest.MonkeyPatch
) -> None:
    file = folder / "some.ini"
    file.write_text("[alembic]\na = 1\n")
    with pytest.raises(ConfigurationError) as caught:
        load_file(str(file))
    reason = "it has no section [app:main]"
    assert str(caught.value) == f"The configuration {file} cannot be read: {reason}"


def test_a_folder_is_no_configuration(folder: Path) -> None:
    place = folder / "some.ini"
    place.mkdir()
    with pytest.raises(ConfigurationError, match=re.escape(str(place))):
        load_file(str(place))


def test_the_logging_of_the_file_is_put_in_force_only_when_asked(
    folder: Path, no_environment: pytest.MonkeyPatch
) -> None:
    file = folder / "some.ini"
    file.write_text("[app:main]\n[loggers]\nkeys = nothing\n")  # which logging cannot use
    assert load_file(str(file))
    with pytest.raises(ConfigurationError, match=re.escape(str(file))):
        load_file(str(file), logging=True)


@pytest.mark.parametrize("name", RATES)
def test_a_rate_is_a_number_in_a_time_or_several(name: str) -> None:
    for value in ("5/minute", "5 per minute", "1/second; 20/hour; 100/day", "10/5minutes"):
        assert getattr(load({f"sysmon.{name}": value}, {}), name) == value
    for value in ("", "5", "five/minute", "5/fortnight", "5/minute;"):
        told = refused({f"sysmon.{name}": value}, {})
        assert ": write it as 5/minute, or more by semicolons: 5/minute; 20/hour" in told
    assert load({f"sysmon.{name}": "65535/day"}, {})
    told = refused({f"sysmon.{name}": "5/minute; 65536/day"}, {})
    assert told.endswith("65535 is the most that can be counted")


def test_a_trusted_proxy_is_an_address() -> None:
    for value in ("", "127.0.0.1", "127.0.0.1 ::1"):
        assert load({"sysmon.trusted_proxies": value}, {}).trusted_proxies == tuple(value.split())
    for value in ("*", "0.0.0.0/0", "proxy.example", "127.0.0.1,::1"):
        assert "name each" in refused({"sysmon.trusted_proxies": value}, {})


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


def test_a_credential_that_is_no_setting_stops_the_start(folder: Path) -> None:
    (folder / "SYSMON_REDIS_ULR").write_text("canary")
    with pytest.raises(ConfigurationError, match="REDIS_ULR among the credentials") as raised:
        load({}, {"CREDENTIALS_DIRECTORY": str(folder)})
    assert "canary" not in str(raised.value)

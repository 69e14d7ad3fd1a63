"""Configuration files: which is read, and which stops the start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sysmon_core.errors import ConfigurationError
from sysmon_core.settings import DEFAULT_CONFIG, config_file, load, load_file


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
    assert str(caught.value) == (
        f"The configuration {file} cannot be read: {reason}; "
        "name another in SYSMON_CONFIG (make run: CONFIG)"
    )


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

"""Settings, options and the lock: the files that repeat them agree with the code."""

from __future__ import annotations

import ast
import configparser
import os
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sysmon_core.server.options import Options
from sysmon_core.settings import Settings, load_file
from tests.conftest import ROOT


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_table_of_settings_has_every_one(name: str) -> None:
    field = Settings.model_fields[name]
    text = " ".join(field.default) if isinstance(field.default, tuple) else field.default
    shown = "empty" if text == "" else f"`{text}`"
    row = f"| `sysmon.{name}` | `SYSMON_{name.upper()}` | {shown} | {field.description} |"
    assert row in (ROOT / "docs/settings.md").read_text()


def test_the_table_of_settings_has_no_other() -> None:
    text = (ROOT / "docs/settings.md").read_text()
    assert set(re.findall(r"^\| `sysmon\.(\w+)`", text, re.MULTILINE)) == set(Settings.model_fields)


def test_the_table_of_the_servers_options_has_every_one_and_no_other() -> None:
    text = (ROOT / "docs/settings.md").read_text().partition("\n## The server\n")[2]
    for name, option in Options.model_fields.items():
        assert f"| `{name}` | `{option.default}` | {option.description} |" in text
    assert set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE)) == set(Options.model_fields)


@pytest.mark.parametrize(
    "name", ["development.ini", "production.ini", "sysmon_core/settings/default.ini"]
)
def test_an_ini_file_of_the_project_has_no_unknown_setting(
    name: str, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    for variable in [variable for variable in os.environ if variable.startswith("SYSMON_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("SYSMON_VAR", str(folder))  # short enough, wherever this is run
    load_file(str(ROOT / name))
    Options.of({key: value for key, value in options(name)["server:main"].items() if key != "use"})


def options(name: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read(ROOT / name)
    return parser


def test_production_ini_has_neither_a_url_nor_a_secret() -> None:
    assert "://" not in (ROOT / "production.ini").read_text()
    parser = options("production.ini")
    pairs = [pair for section in parser.sections() for pair in parser.items(section)]
    secret = re.compile("password(?!_blocklist)|passwd|secret|token|credential|_url$")
    assert [value for key, value in pairs if secret.search(key) and not value.isdigit()] == []


def declared() -> list[Requirement]:
    """The ranges in setup.py, those for developers included."""
    call = next(
        node.value
        for node in ast.parse((ROOT / "setup.py").read_text()).body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )
    words = {word.arg: word.value for word in call.keywords}
    extras: dict[str, list[str]] = ast.literal_eval(words["extras_require"])
    del extras["mutants"]  # which `make mutants` installs by itself
    ranges: list[str] = ast.literal_eval(words["install_requires"])
    return [Requirement(text) for text in [*ranges, *(t for e in extras.values() for t in e)]]


@pytest.mark.parametrize("wanted", declared(), ids=lambda wanted: wanted.name)
def test_the_lock_has_what_setup_asks_for(wanted: Requirement) -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    locked = {canonicalize_name(name): version for name, version in pins}
    assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)])


def test_the_modules_that_are_mutated_exist_and_are_those_of_the_table() -> None:
    mutmut = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    assert [path for path in mutmut["only_mutate"] if not (ROOT / path).is_file()] == []
    page = (ROOT / "tests/mutants/README.md").read_text()
    rows = re.findall(r"^\| (`.+`)(?: \*)? \| \d", page, re.MULTILINE)
    named = {f"sysmon_core/{path}" for row in rows for path in re.findall(r"`(.+?)`", row)}
    assert named == set(mutmut["only_mutate"])

"""docs/architecture.md names what there is: its files, the states of a task and their scripts."""

from __future__ import annotations

import re

import pytest

from sysmon_core.services.task import State
from tests.conftest import ROOT

CORE = ROOT / "sysmon_core"
LUA = CORE / "tasks/lua"
PAGE = (ROOT / "docs/architecture.md").read_text()
FILES = sorted(set(re.findall(r"`([\w/.]+(?:\.py|\.lua|/))`", PAGE)))


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_named_exists(name: str) -> None:
    places = [CORE, ROOT, LUA, CORE / "api"]
    assert any((place / name).exists() for place in places)


def test_every_package_has_its_place_in_the_table_of_folders() -> None:
    table = PAGE.partition("\n## Folders\n")[2].partition("\n## ")[0]
    packages = {path.parent.name for path in CORE.glob("*/__init__.py")}
    assert {name for name in packages if f"`{name}/`" not in table} == set()


def states() -> dict[str, set[str]]:
    """The scripts that set each state, by the table of states."""
    rows = re.findall(r"^\| `([A-Z]+)` \| (.*?) \|", PAGE, re.MULTILINE)
    return {state: set(re.findall(r"`(\w+)\.lua`", scripts)) for state, scripts in rows}


def test_the_table_of_states_is_complete() -> None:
    assert set(states()) == {state.value for state in State}


@pytest.mark.parametrize("state", State)
def test_a_state_is_set_by_the_scripts_that_are_named(state: State) -> None:
    named = states()[state.value]
    for script in named - {
        "get",
        "report",
        "list",
        "ended",
        "sweep",
    }:  # which call ending.lua for that
        text = (LUA / f"{script}.lua").read_text()
        assert f"'{state.value}'" in text or "end_task(id, ARGV[" in text


def test_every_script_that_changes_a_state_is_named() -> None:
    setting = re.compile(r"'state', |\bend_task\(|\bexpire_lease\(")
    scripts = {path.stem for path in LUA.glob("*.lua") if setting.search(path.read_text())}
    assert scripts - set().union(*states().values()) <= {"common"}

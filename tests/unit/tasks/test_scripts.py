"""Lua is in files, each of which is a script or a part of one, and gets its values as constants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis

import sysmon_core
from sysmon_core.redis_store.script import Constants, script_text
from sysmon_core.tasks.scripts import ending_constants, ending_transition, transition
from tests.conftest import MakeSettings

CORE = Path(sysmon_core.__file__).parent
PARTS = {"common", "ending", "parts"}
ENDING = {
    "cancel",
    "confirm_stopped",
    "discard_unreadable",
    "ended",
    "finish",
    "get",
    "list",
    "report",
    "start",
    "sweep",
}
STORING = {"append"}
NAMES = {path.stem for path in CORE.glob("tasks/lua/*.lua")} - PARTS


def test_no_module_has_lua_in_its_strings() -> None:
    assert not [path for path in CORE.rglob("*.py") if "redis.call(" in path.read_text()]


@pytest.mark.parametrize("name", sorted(NAMES - ENDING - STORING))
def test_redis_compiles_a_script(name: str, client: redis.Redis) -> None:
    assert client.script_load(transition(name))


@pytest.mark.parametrize("name", sorted(ENDING))
def test_redis_compiles_a_script_that_ends_tasks(
    name: str, client: redis.Redis, make_settings: MakeSettings
) -> None:
    constants = ending_constants(make_settings(), result_prefix="result:")
    assert client.script_load(ending_transition(name, constants))


def test_constants_are_read_by_lua_as_they_were_given(client: redis.Redis) -> None:
    constants: Constants = {"NAME": "a:'\"b", "NUMBER": 7, "TABLE": {"one": 1, "two": 2}}
    header = script_text("sysmon_core.tasks", [], constants)
    answer: Any = client.eval(header + "return {NAME, NUMBER, TABLE.one, TABLE.two}", 0)
    assert answer == [b"a:'\"b", 7, 1, 2]

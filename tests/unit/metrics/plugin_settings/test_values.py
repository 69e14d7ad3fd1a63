"""Texts become what a plugin declares."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Literal

import pytest

from sysmon_core import Duration, Field, Integer, PluginSettings, SecretStr, Size
from tests.unit.metrics.plugin_settings.conftest import SECRET, binding, refused


class Unit(Enum):
    METRE = "m"


class Everything(PluginSettings):
    token: SecretStr = Field(description="What opens the door")
    tokens: list[SecretStr] = Field([], description="What opens other doors")
    old: SecretStr = Field("changeme", description="What opened it")  # type: ignore[assignment]
    count: Integer = Field(3, ge=1, description="How many")
    share: float = Field(0.5, description="How much")
    deep: bool = Field(False, description="Whether it is deep")
    place: Path = Field(Path("/srv"), description="Where it is")
    folders: tuple[Path, ...] = Field((), description="Where else")
    hosts: list[str] = Field([], description="Who may ask")
    kind: Literal["pond", "lake"] = Field("pond", description="What it is")
    unit: Unit = Field(Unit.METRE, description="In what")
    wait: Duration = Field(60.0, description="How long")
    size: Size = Field(1024, description="How large")
    limit: Integer | None = Field(None, description="How many at most")


def test_texts_become_what_is_declared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = binding(
        Everything,
        token=SECRET,
        TOKENS="a  b\n c",
        count="4",
        SHARE="0.25",
        deep="yes",
        place="some/where",
        FOLDERS="/a b",
        hosts="one two",
        kind="lake",
        unit="m",
        wait="5m",
        SIZE="64K",
        limit="7",
    )
    assert found.token.get_secret_value() == SECRET
    assert [one.get_secret_value() for one in found.tokens] == ["a", "b", "c"]
    assert (found.count, found.share, found.deep, found.limit) == (4, 0.25, True, 7)
    here = Path.cwd()
    assert (found.place, found.folders) == (here / "some/where", (Path("/a"), here / "b"))
    assert (found.hosts, found.kind, found.unit) == (["one", "two"], "lake", Unit.METRE)
    assert (found.wait, found.size) == (300, 65536)


def test_defaults_are_what_is_declared_too() -> None:
    found = binding(Everything, token=SECRET)
    assert found.old.get_secret_value() == "changeme"
    assert "changeme" not in repr(found)
    assert SECRET not in f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"
    assert found.limit is None


def test_a_plugin_without_settings_has_none() -> None:
    assert binding(None) is None


def test_the_environment_goes_before_the_ini_file() -> None:
    assert binding(Everything, token="x", kind="lake", KIND="pond").kind == "pond"


def test_a_comma_is_a_part_of_a_value() -> None:
    assert binding(Everything, token=SECRET, hosts="cn=a,dc=b cn=c").hosts == ["cn=a,dc=b", "cn=c"]


@pytest.mark.parametrize("share", ["nan", "inf"])
def test_a_number_is_one_that_json_knows(share: str) -> None:
    assert "finite" in refused(Everything, token=SECRET, share=share)


def test_what_a_platform_may_have_set_is_a_setting_only_where_one_is_declared() -> None:
    class Ports(PluginSettings):
        port: Integer = Field(80, description="Where it listens")

    assert binding(Everything, token=SECRET, PORT="tcp://10.0.0.1:80")
    assert binding(Ports, PORT="81").port == 81

"""Values for plugins: which plugin each is of, and from which source."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core import settings
from sysmon_core.errors import ConfigurationError
from sysmon_core.settings.plugin_values import Given, PluginValues, variable
from tests.unit.settings.conftest import refused

SECRET = "hunter2"
INI = """
[DEFAULT]
port = 80
[app:main]
sysmon.redis_url = redis://:hunter2@host
[plugin:space]
place = %(here)s/%(port)s
Token = hunter2%%
[plugin:space-time]
[plugins:none]
x = 1
"""

names = st.from_regex(r"[a-z][a-z0-9]{0,3}([-_][a-z0-9]{1,3}){0,2}", fullmatch=True)
keys = st.from_regex(r"[a-z][a-z0-9]{0,3}(_[a-z0-9]{1,3}){0,2}", fullmatch=True)


def texts(layer: Mapping[str, Given]) -> dict[str, str]:
    return {name: one.text for name, one in layer.items()}


def of_environ(**variables: str) -> PluginValues:
    return settings.load({}, {f"SYSMON_PLUGIN_{k}": v for k, v in variables.items()}).plugins


def test_a_section_of_the_ini_file_is_a_plugins(
    folder: Path, no_environment: pytest.MonkeyPatch
) -> None:
    (folder / "some.ini").write_text(INI)
    from_file = settings.load_file(str(folder / "some.ini")).plugins
    defaults = {"__file__": str(folder / "some.ini"), "here": str(folder), "port": "80"}
    assert settings.load_app({}, defaults).plugins == from_file
    ini, credentials, environ = from_file.layers("space", ["space", "space-time"])
    assert texts(ini) == {"place": f"{folder}/80", "Token": "hunter2%"}
    assert ini["place"].source == "place in [plugin:space] of the ini file"
    assert (credentials, environ) == ({}, {})
    assert set(from_file.sections) == {"space", "space-time"}


def test_what_a_server_is_told_beside_its_file_is_known_in_sections(
    folder: Path, no_environment: pytest.MonkeyPatch
) -> None:
    (folder / "some.ini").write_text("[plugin:space]\nplace = %(told)s\n")
    found = settings.load_app({}, {"__file__": str(folder / "some.ini"), "told": "a%b"}).plugins
    assert texts(found.layers("space", ["space"])[0]) == {"place": "a%b"}
    assert settings.load_app({}, {}).plugins == PluginValues()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("token = hunter2%!", "token in [plugin:x] has a % that is none of %% and %(name)s"),
        ("token = hunter2%(b)s", "token in [plugin:x] has a % that is none of %% and %(name)s"),
        ("hunter2", "no section and no key with a value: line 3"),
    ],
)
def test_a_file_that_cannot_be_read_shows_no_value(
    line: str, reason: str, folder: Path, no_environment: pytest.MonkeyPatch
) -> None:
    (folder / "some.ini").write_text(f"[app:main]\n[plugin:x]\n{line}\n")
    with pytest.raises(ConfigurationError) as caught:
        settings.load_file(str(folder / "some.ini"))
    assert reason in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_each_source_is_a_layer_the_strongest_last(folder: Path) -> None:
    (folder / "SYSMON_PLUGIN_SPACE_TOKEN").write_text("two\n")
    environ = {"CREDENTIALS_DIRECTORY": str(folder), "SYSMON_PLUGIN_SPACE_TOKEN": "three"}
    found = settings.load({}, environ, {"space": {"token": "one"}}).plugins
    layers = found.layers("space", ["space"])
    assert [texts(layer) for layer in layers] == [
        {"token": "one"},
        {"token": "two"},
        {"token": "three"},
    ]
    assert [layer["token"].source for layer in layers] == [
        "token in [plugin:space] of the ini file",
        "SYSMON_PLUGIN_SPACE_TOKEN among the credentials",
        "SYSMON_PLUGIN_SPACE_TOKEN in the environment",
    ]


@given(installed=st.sets(names, min_size=1, max_size=5), key=keys, data=st.data())
def test_a_variable_is_of_the_plugin_with_the_longest_name_that_fits(
    installed: set[str], key: str, data: st.DataObject
) -> None:
    plugin = data.draw(st.sampled_from(sorted(installed)))
    name = variable(plugin, key)
    found = settings.load({}, {name: "x"}).plugins
    owners = [one for one in installed if found.layers(one, installed)[2]]
    fitting = [one for one in installed if name.startswith(variable(one)) and name != variable(one)]
    longest = max(len(one) for one in fitting)
    best = [one for one in fitting if len(one) == longest]
    assert owners == (best if len(best) == 1 else [])
    for one in owners:
        assert found.of(one, installed).layers(one, [one]) == found.layers(one, installed)
    assert len(list(found.misplaced(installed))) == (len(best) > 1)


@pytest.mark.parametrize(
    ("installed", "told"),
    [
        (["space"], "did you mean SYSMON_PLUGIN_SPACE_API_TOKEN?"),
        (["space-api"], "did you mean SYSMON_PLUGIN_SPACE_API_TOKEN?"),
        (["pond", "lake"], "installed are lake, pond"),
        ([], "installed are none"),
    ],
)
def test_a_variable_of_no_plugin_is_told_with_a_hint(installed: list[str], told: str) -> None:
    (sentence,) = of_environ(SPACY_API_TOKEN=SECRET).misplaced(installed)
    assert sentence == f"SYSMON_PLUGIN_SPACY_API_TOKEN in the environment is of no plugin: {told}"


def test_a_variable_of_two_plugins_is_told_with_the_way_out() -> None:
    found = of_environ(A_B_TOKEN=SECRET)
    (sentence,) = found.misplaced(["a-b", "a_b"])
    assert "each of the plugins a-b, a_b" in sentence
    assert "[plugin:a-b] or [plugin:a_b] of the ini file" in sentence
    assert not found.layers("a-b", ["a-b", "a_b"])[2]


def test_a_section_of_no_plugin_is_told_with_a_hint() -> None:
    found = settings.load({}, {}, {"spcae": {}}).plugins
    assert list(found.misplaced(["space"])) == [
        "[plugin:spcae] of the ini file is of no plugin: did you mean [plugin:space]?"
    ]
    assert list(found.misplaced(["pond"])) == [
        "[plugin:spcae] of the ini file is of no plugin: installed are pond"
    ]


@pytest.mark.parametrize("name", ["X_PORT", "X_SERVICE_HOST", "X_NAME", "X_PORT_80_TCP"])
def test_what_a_platform_may_have_set_is_of_no_consequence(name: str) -> None:
    assert not list(of_environ(**{name: "x"}).misplaced(["space"]))
    assert settings.ignored({f"SYSMON_PLUGIN_{name}": "x"}) is None


def test_no_representation_of_the_settings_has_a_value(folder: Path) -> None:
    (folder / "SYSMON_PLUGIN_SPACE_TOKEN").write_text(SECRET)
    url = f"redis://:{SECRET}@host"
    environ = {"CREDENTIALS_DIRECTORY": str(folder), "SYSMON_PLUGIN_SPACE_KEY": SECRET}
    environ |= {"SYSMON_REDIS_URL": url, "SYSMON_DATABASE_URL": f"postgresql://a:{SECRET}@host/b"}
    loaded = settings.load({}, environ, {"space": {"token": SECRET}})
    assert loaded.redis == url
    layers = loaded.plugins.layers("space", ["space"])
    shown = [loaded, loaded.plugins, layers, loaded.model_dump(), loaded.model_dump_json()]
    assert not [one for one in shown if SECRET in f"{one!r} {one}"]
    refusal = refused({}, environ | {"SYSMON_SPACE": SECRET})
    assert SECRET not in refusal

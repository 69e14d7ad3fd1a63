"""Values of settings: what each kind accepts and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from sysmon_core.redis_store.client import api_client
from sysmon_core.settings import SOCKET_PATH_LIMIT, Settings, load
from tests.unit.settings.conftest import (
    LENGTHS,
    LISTS,
    NUMBERS,
    RATES,
    SECONDS,
    SHARES,
    TEXTS,
    refused,
)


def test_every_setting_is_one_of_those_tested_here() -> None:
    others = {"plugins_tolerant", "private", "tls_only", "var"}
    kinds = (NUMBERS, LENGTHS, SECONDS, TEXTS, RATES, LISTS, SHARES)
    assert {*others, *(name for kind in kinds for name in kind)} == set(Settings.model_fields)


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


@pytest.mark.parametrize("value", ["0", "-1", "257"])
@pytest.mark.parametrize("name", LENGTHS)
def test_a_length_leaves_room_for_a_password_that_can_be_stored(name: str, value: str) -> None:
    assert f"sysmon.{name} in the ini file" in refused({f"sysmon.{name}": value}, {})
    assert getattr(load({f"sysmon.{name}": "256"}, {}), name) == 256


@pytest.mark.parametrize("value", ["", "many", "1.5.0", "nan", "0x10"])
@pytest.mark.parametrize("name", [*NUMBERS, *LENGTHS, *SECONDS])
def test_a_setting_that_is_no_number_is_refused_with_its_source(name: str, value: str) -> None:
    variable = f"SYSMON_{name.upper()}"
    assert f"{variable} in the environment is wrong" in refused({}, {variable: value})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("task_ttl", "many", "must be a whole number"),
        ("task_ttl", "0", "must be more than 0"),
        ("overrun", "long", "must be a number"),
        ("client_share", "2", "must be at most 1"),
        ("private", "perhaps", "must be true or false"),
        ("var", "", "it is empty or the current folder: name a folder of sysmon's own"),
    ],
)
def test_a_wrong_value_is_told_in_our_words(name: str, value: str, told: str) -> None:
    place = f"The setting sysmon.{name} in the ini file is wrong"
    assert refused({f"sysmon.{name}": value}, {}) == f"{place}: {told}"


def test_a_part_of_a_second_is_a_time_but_a_part_of_a_run_is_no_run() -> None:
    assert load({"sysmon.sync_limit": "0.5"}, {}).sync_limit == 0.5
    refused({"sysmon.sync_runs": "0.5"}, {})


@pytest.mark.parametrize(
    ("value", "kept"), [("v1", "v1"), (" v3  v1 v1", "v1 v3"), ("v3 v2 v1", "v1 v2 v3")]
)
def test_versions_are_named_in_any_order(value: str, kept: str) -> None:
    assert load({"sysmon.versions": value}, {}).versions == tuple(kept.split())


@pytest.mark.parametrize("value", ["", "v9", "v1,v2", "V1"])
def test_a_version_that_is_none_is_refused(value: str) -> None:
    assert "v1, v2, v3, v4" in refused({"sysmon.versions": value}, {})


@pytest.mark.parametrize(("value", "on"), [("true", True), ("1", True), ("no", False)])
def test_a_switch_is_on_or_off(value: str, on: bool) -> None:
    assert load({"sysmon.plugins_tolerant": value}, {}).plugins_tolerant is on
    refused({"sysmon.plugins_tolerant": "perhaps"}, {})


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

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import computed_field, field_validator, model_validator

from sysmon_core import Field, Integer, Params
from sysmon_core.errors import InvalidInput, PluginFault
from sysmon_core.metrics.metric import stored
from sysmon_core.services.params import parse


class Depth(Params):
    depth: Integer = Field(3, ge=1)
    speed: Integer = Field(1, ge=1)

    @model_validator(mode="after")
    def _not_too_deep(self) -> Depth:
        if self.depth * self.speed > 10**6:
            raise ValueError("too deep at that speed")
        return self


def faults(pairs: list[tuple[str, Any]]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parse(Depth, pairs)
    return {fault.name: fault.detail for fault in caught.value.faults}


def test_what_is_given_becomes_params_and_the_rest_is_default() -> None:
    assert parse(Depth, [("depth", "5")]) == Depth(depth=5, speed=1)
    assert parse(Depth, []) == Depth()


def test_an_unknown_name_is_a_fault_that_lists_the_known_ones() -> None:
    assert faults([("width", "1")]) == {"width": "not a parameter here; there are: depth, speed"}
    with pytest.raises(InvalidInput, match="there are: none"):
        parse(Params, [("width", "1")])


def test_a_name_given_twice_is_a_fault_even_with_one_value() -> None:
    assert faults([("depth", "2"), ("depth", "2")]) == {"depth": "given more than once"}


def test_all_faults_are_told_at_once() -> None:
    assert faults([("a", 1), ("b", 1), ("depth", 1), ("depth", 1)]).keys() == {"a", "b", "depth"}
    assert faults([("depth", "x"), ("speed", "0")]) == {
        "depth": "must be a whole number, in the digits 0 to 9",
        "speed": "must be at least 1",
    }


def test_a_rule_between_fields_is_told_in_its_own_words() -> None:
    assert faults([("depth", 10**6), ("speed", 2)]) == {"params": "too deep at that speed"}


@pytest.mark.parametrize("pairs", [[("depth", "hunter2")], [("depth", ["hunter2"])]])
def test_a_fault_does_not_repeat_the_value(pairs: list[tuple[str, Any]]) -> None:
    assert "hunter2" not in str(faults(pairs))


@given(st.builds(Depth, depth=st.integers(1, 999), speed=st.integers(1, 999)) | st.just(Depth()))
def test_stored_params_come_back_from_json_as_they_were(params: Depth) -> None:
    back = parse(Depth, json.loads(json.dumps(stored(params))).items())
    assert back == params
    assert back.model_fields_set == params.model_fields_set


def test_a_fault_inside_a_value_is_told_with_its_place() -> None:
    class Many(Params):
        depths: list[Integer] = []  # noqa: RUF012 - pydantic copies defaults

    with pytest.raises(InvalidInput) as caught:
        parse(Many, [("depths", ["1", "x"])])
    assert [fault.name for fault in caught.value.faults] == ["depths.1"]


def test_params_of_any_type_are_stored_as_what_json_knows() -> None:
    class Since(Params):
        day: date = date(2024, 1, 1)

    assert stored(Since(day=date(2024, 2, 29))) == {"day": "2024-02-29"}


def test_what_is_computed_of_params_is_not_stored() -> None:
    class Metres(Params):
        depth: Integer = 3

        @computed_field  # type: ignore[prop-decorator]  # as pydantic's documentation has it
        @property
        def feet(self) -> float:
            return self.depth / 0.3048

    assert stored(Metres(depth=4)) == {"depth": 4}


def test_a_validator_that_raises_anything_else_is_its_plugin_s_fault() -> None:
    class Broken(Params):
        depth: Integer = 3

        @field_validator("depth")
        @classmethod
        def _break(cls, depth: int) -> int:
            return {1: depth}[depth]

    with pytest.raises(PluginFault, match="Broken raised KeyError: 5"):
        parse(Broken, [("depth", "5")])


class Forgetful(Params):
    depth: Integer = 1

    @model_validator(mode="after")  # type: ignore[misc]  # the fault that is tried
    def _forgets(self) -> None:
        pass


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydantic's own, of the same
def test_a_validator_that_returns_nothing_is_the_plugin_s_fault() -> None:
    with pytest.raises(PluginFault, match="Forgetful does not return self"):
        parse(Forgetful, [])

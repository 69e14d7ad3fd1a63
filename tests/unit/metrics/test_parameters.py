"""What a field of params is to every surface: its type, range, default and examples."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import conint, create_model

from sysmon_core import Duration, Field, Integer, Params, Size
from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.parameter_range import Range
from sysmon_core.metrics.parameters import Parameter, parameters


class Fish(Enum):
    CARP = "carp"
    PIKE = "pike"


class Every(Params):
    plain: Integer = Field(1, ge=1, le=9, description="How many")
    optional: Integer | None = Field(None, ge=1, le=9)
    inside: Annotated[Integer, Field(gt=2, lt=8)] | None = None
    items: list[Annotated[Integer, Field(ge=2)]] = Field([3])
    twice: Annotated[Annotated[int, Field(ge=1)], Field(ge=4)] = 5
    thirds: conint(ge=3, multiple_of=3) = 3  # type: ignore[valid-type]  # as authors write it
    pause: Duration | None = Field(90, le=3600)
    delay: Duration = Field(1, gt=0, le=9)
    room: Annotated[Integer, Field(gt=1, le=9)] = Field(3, ge=2, lt=9)
    sizes: tuple[Size, ...] = (65536, 1500)
    made: list[str] = Field(default_factory=lambda: ["a"])
    fish: Fish = Fish.CARP
    fishes: list[Fish] | None = None
    order: Literal["up", "down"] | None = None
    wide: bool = False
    needed: str = Field(examples=["sda", "sdb"])
    named: list[Annotated[str, Field(examples=["eth0"])]] = Field([])


FOUND = parameters(Every)

RANGES = {
    "plain": Range(1, 9),
    "optional": Range(1, 9),
    "inside": Range(exclusive_minimum=2, exclusive_maximum=8),
    "items": Range(minimum=2),
    "twice": Range(minimum=4),
    "thirds": Range(minimum=3, multiple=3),
    "pause": Range(0, 3600),
    "delay": Range(maximum=9, exclusive_minimum=0),
    "room": Range(exclusive_maximum=9, minimum=2),
    "fish": Range(),
}


@pytest.mark.parametrize("name", RANGES)
def test_a_range_is_found_wherever_it_is_declared(name: str) -> None:
    assert FOUND[name].range == RANGES[name]


DEFAULTS: dict[str, tuple[Any, str]] = {  # as JSON, and as people write them
    "plain": (1, "1"),
    "optional": (None, ""),
    "pause": (90, "90s"),
    "sizes": ([65536, 1500], "64K, 1500"),
    "made": (["a"], "a"),
    "fish": ("carp", "carp"),
    "wide": (False, "no"),
    "needed": (None, ""),
    "named": ([], ""),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_is_json_and_is_written_as_people_do(name: str) -> None:
    default, written = DEFAULTS[name]
    assert (FOUND[name].default, FOUND[name].written(default)) == (default, written)


def test_units_choices_and_lists_are_found_in_every_type() -> None:
    def told(tell: Any) -> dict[str, Any]:
        return {name: tell(one) for name, one in FOUND.items() if tell(one)}

    assert told(lambda one: one.unit) == {"pause": "s", "delay": "s", "sizes": "By"}
    words = ("carp", "pike")
    choices = {"fish": words, "fishes": words, "order": ("up", "down")}
    assert told(lambda one: one.choices) == choices
    assert set(told(lambda one: one.many)) == {"items", "sizes", "made", "fishes", "named"}
    assert set(told(lambda one: one.required)) == {"needed"}
    assert set(told(lambda one: one.flag)) == {"wide"}


def test_examples_are_of_the_whole_parameter_or_of_the_values_of_a_list() -> None:
    assert FOUND["needed"].examples == ("sda", "sdb")
    assert FOUND["needed"].sample == "sda"
    assert FOUND["named"].examples == (["eth0"],)


@pytest.mark.parametrize(
    ("name", "number", "written"),
    [
        ("pause", 300, "5m"),
        ("pause", 5400, "90m"),
        ("pause", 86400.0, "1d"),
        ("pause", 0.25, "250ms"),
        ("pause", 0.0001, "0.0001"),
        ("pause", 0, "0"),
        ("pause", float("inf"), "inf"),
        ("sizes", 3 * 1024**3, "3G"),
        ("sizes", 1000, "1000"),
    ],
)
def test_a_quantity_is_written_in_the_largest_unit_that_is_exact(
    name: str, number: float, written: str
) -> None:
    assert FOUND[name].written(number) == written


def test_what_is_outside_of_a_range_is_not_within() -> None:
    for span in RANGES.values():
        assert not [number for number in span.outside() if number in span]
        assert all(span.minimum is None or one in span for one in [span.minimum or 0])


def test_a_name_that_no_code_can_have_is_refused() -> None:
    model = create_model("Dashed", **{"a-b": (str, "")})  # type: ignore[call-overload]  # a dict
    with pytest.raises(ConfigurationError, match=r"^a-b has a name that Python's code cannot have"):
        parameters(model)


def test_the_kinds_of_one_value_are_four() -> None:
    kinds: set[type] = {one.kind for one in FOUND.values()}
    assert kinds == {bool, int, float, str}
    assert all(isinstance(one, Parameter) for one in FOUND.values())

"""What a metric declares: each thing that may be missing is found, and nothing else."""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Any, Literal

import pytest

from sysmon_core import Column, Command, Field, Integer, Metric, Params, field_validator
from sysmon_core import ValidationInfo as Info
from sysmon_core.checks.declaration import declaration, params, refusals
from tests.unit.checks.conftest import DEPTH, good


class Fish(Enum):
    CARP = "carp"
    PIKE = "pike"


class Kept(Params):
    """Every kind of parameter, as each should be."""

    count: Integer = Field(1, ge=1, le=9, description="How many")
    above: Annotated[Integer, Field(gt=2, lt=8)] | None = Field(None, description="Above")
    pause: float = Field(0.5, ge=0, le=9.5, allow_inf_nan=False, description="Between two")
    since: Integer = Field(0, description="When", json_schema_extra={"unit": "s"})
    fish: Fish = Field(Fish.CARP, description="Which")
    place: Literal["pond", "sea"] = Field("pond", description="Where")
    deep: bool = Field(False, description="Whether it is deep")
    needed: Integer = Field(examples=[3], ge=1, description="How many more")
    depths: list[Annotated[Integer, Field(ge=2)]] = Field([2], description="Which depths")


class Undescribed(Params):
    count: Integer = Field(1, ge=1)


class Required(Params):
    count: Integer = Field(ge=1, description="How many")


class Rangeless(Params):
    count: Integer = Field(1, description="How many")


class RangelessList(Params):
    counts: list[Integer] = Field([], description="How many")


class BadExample(Params):
    count: Integer = Field(examples=[0], ge=1, description="How many")


class Contradiction(Params):
    count: Integer = Field(0, ge=1, description="How many")


class Pretence(Params):
    count: Integer = Field(1, description="How many", json_schema_extra={"minimum": 1})


class Ceiling(Params):
    count: Integer = Field(1, description="How many", json_schema_extra={"maximum": 9})


class Shallow(Params):
    depths: list[Integer] = Field(
        [], description="Which depths", json_schema_extra={"items": {"minimum": 2}}
    )


class Forgiving(Params):
    count: Integer = Field(1, ge=1, le=9, description="How many")

    @field_validator("count", mode="before")
    @classmethod
    def _mended(cls, value: object) -> object:
        return value if isinstance(value, int) else 1


class Careless(Params):
    count: Integer = Field(1, ge=1, le=9, description="How many")
    wait: Integer = Field(1, ge=1, le=9, description="Between two")

    @field_validator("wait")
    @classmethod
    def _fits(cls, wait: int, info: Info) -> int:
        if info.data["count"] == 1 and wait > 1:
            raise ValueError("nothing to wait for")
        return wait


GOOD = {
    "plain": good(),
    "params": good(params=Kept),
    "program": Command(
        name="df", title="Space", description="Space.", program="df", package="coreutils"
    ),
}


@pytest.mark.parametrize("check", [declaration, params, refusals])
@pytest.mark.parametrize("metric", GOOD.values(), ids=GOOD)
def test_what_is_as_it_should_be_has_no_fault(metric: Metric, check: Any) -> None:
    verdict = check(metric)
    assert list(verdict.faults) == []
    assert verdict.good


UNDECLARED = {
    "no title": ({"title": ""}, "title"),
    "a title of two lines": ({"title": "a\nb"}, "title"),
    "a title with a full stop": ({"title": "Pond."}, "title"),
    "a title with white space": ({"title": " Pond"}, "title"),
    "no description": ({"description": ""}, "no description"),
    "no full stop": ({"description": "Deep"}, "full stop"),
    "a column twice": ({"columns": [DEPTH, DEPTH]}, "column depth is declared more than once"),
    "a column without a word": ({"columns": [Column("depth", "", "m")]}, "depth has no descr"),
}


@pytest.mark.parametrize(("fields", "told"), UNDECLARED.values(), ids=UNDECLARED)
def test_what_a_metric_does_not_say_is_found(fields: dict[str, Any], told: str) -> None:
    (fault,) = declaration(good(**fields)).faults
    assert re.search(told, fault)


def test_a_program_without_a_package_is_found() -> None:
    metric = Command(name="df", title="Space", description="Space.", program="df", package="")
    (fault,) = declaration(metric).faults
    assert "no package is named that has df" in fault


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Undescribed, "count has no description"),
        (Required, "count has no default"),
        (Rangeless, "count is a number with neither a range nor a unit"),
        (RangelessList, "counts is a number with neither a range nor a unit"),
        (BadExample, "its own defaults or first examples are refused .*count"),
        (Contradiction, "its own defaults or first examples are refused .*count"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_parameter_that_says_too_little_is_found(model: type[Params], told: str) -> None:
    (fault,) = params(good(params=model)).faults
    assert re.search(told, fault)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Pretence, ["count=0 is taken"]),
        (Ceiling, ["count=10 is taken"]),
        (Shallow, ["depths=1 is taken"]),
        (Forgiving, ["count=x is taken", "count=0 is taken", "count=10 is taken"]),
        (Careless, ["count=x&wait=1 makes a validator raise KeyError"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_not_refused_is_found(model: type[Params], told: list[str]) -> None:
    faults = refusals(good(params=model)).faults
    assert [next(fault for fault in faults if one in fault) for one in told] == list(faults)


class Thrower(Params):
    count: Integer = Field(1, ge=1, le=9, description="How many")

    @field_validator("count", mode="before")
    @classmethod
    def _looked_up(cls, value: str) -> int:
        return {"1": 1, 1: 1}[value]


def test_a_validator_that_raises_something_else_is_found() -> None:
    faults = refusals(good(params=Thrower)).faults
    assert any("count=x makes a validator raise KeyError" in fault for fault in faults)

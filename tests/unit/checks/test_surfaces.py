"""Each parameter is set on every surface: what cannot be, or comes out differently, is found."""

from __future__ import annotations

import threading
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, Json, computed_field, field_serializer

from sysmon_core import (
    Duration,
    Field,
    Integer,
    IntervalParams,
    MetricFailed,
    Params,
    Run,
    Size,
    field_validator,
    model_validator,
)
from sysmon_core.checks import Mark
from sysmon_core.cli.surfaces import SURFACES
from tests.unit.checks.conftest import findings, good, short, space


class Fish(Enum):
    CARP = "carp"
    PIKE = "pike"


class Every(Params):
    """A parameter of every type."""

    needed: str = Field(examples=["sda"], pattern="^s", description="Which device")
    most: Integer = Field(examples=[3], ge=1, description="At most so many")
    text: str = Field("", max_length=9, description="A text")
    code: str = Field("", pattern="^[0-9]*$", examples=["7"], description="A code")
    count: Integer = Field(9, ge=1, le=9, description="How many")
    share: float = Field(0.5, ge=0, lt=1, description="How much")
    above: float = Field(1e-7, gt=0, le=1e-6, description="How little")
    step: int = Field(6, ge=0, multiple_of=3, description="Which step")
    wide: bool = Field(False, description="Whether it is wide")
    narrow: bool = Field(True, description="Whether it is narrow")
    fast: bool | None = Field(None, description="Whether it is fast")
    fish: Fish = Field(Fish.CARP, description="Which fish")
    order: Literal["up", "down"] | None = Field(None, description="Which order")
    limit: Integer | None = Field(None, ge=5, description="At most so many")
    names: list[str] = Field([], max_length=3, description="Names")
    pair: list[str] = Field(["a", "b"], min_length=2, max_length=2, description="Two names")
    fishes: tuple[Fish, ...] = Field((Fish.CARP,), description="Some fish")
    sizes: list[Size] | None = Field(None, min_length=1, description="Sizes")
    turns: list[bool] = Field([], description="Turns")
    time: Duration = Field(0.5, ge=0, le=3600, description="How long")

    @computed_field  # type: ignore[prop-decorator]  # as pydantic's documentation has it
    @property
    def twice(self) -> int:
        """What is no parameter."""
        return 2 * self.count


class Dependent(Params):
    """Parameters that are not taken alone, and two that are not taken together."""

    one: str = Field("", description="Either")
    other: str = Field("", description="Or")
    deep: bool = Field(False, description="Only beside the one")

    @model_validator(mode="after")
    def _fits(self) -> Dependent:
        if (self.one and self.other) or (self.deep and not self.one):
            raise ValueError("it does not fit")
        return self


def echo(params: Any, _run: Run) -> str:
    return str(params)


@pytest.mark.parametrize("model", [Every, IntervalParams, Dependent])
def test_parameters_of_every_type_are_set_on_every_surface(model: type[Params]) -> None:
    for fields in ({}, {"duration": lambda _params: 0}):
        metric = good(params=model, function=echo, columns=[], **fields)
        assert short(metric) == {}
        (told,) = (one.detail for one in findings(metric) if one.check == "surfaces")
        assert told.startswith(", ".join(model.model_fields))


def field(kind: Any, **more: Any) -> type[Params]:
    """Make params with one parameter, ``depth``, of this type."""
    default = more.pop("default", 6)
    declared = Field(default, description="How deep", **more)
    body = {"__annotations__": {"depth": kind}, "depth": declared, "__module__": __name__}
    return type("Depth", (Params,), body)


class Dropped(Params):
    depth: int = Field(6, ge=1, description="How deep")

    @field_validator("depth")
    @classmethod
    def _dropped(cls, _depth: int) -> int:
        return 6


class Hidden(Params):
    depth: int = Field(6, ge=1, description="How deep")

    @field_serializer("depth")
    def _hidden(self, _depth: int) -> int:
        return 6


Minutes = Annotated[int, AfterValidator(lambda value: value * 60)]
Word = Annotated[str, AfterValidator(lambda value: value if value == "" else int(value) and value)]

WRONG: dict[str, tuple[type[Params], str]] = {
    "a text that is not just any": (
        field(Word, default=""),
        "no value of depth was found that is taken and is not its default: give Field examples=",
    ),
    "a text of JSON": (
        field(Json[list[int]], default=[], examples=["[1]"]),
        "no value of depth was found",
    ),
    "what a validator drops": (Dropped, "depth=7 is taken and gives the same params as without"),
    "what a report in the cache hides": (Hidden, "depth=7 is taken and gives the same params"),
    "what is converted once more in a task": (
        field(Minutes, ge=1, le=9000),
        "depth=7 gives depth=25200 in a task's record, and otherwise depth=420",
    ),
}


@pytest.mark.parametrize(("model", "words"), WRONG.values(), ids=WRONG)
def test_a_parameter_that_cannot_be_set_is_found(model: type[Params], words: str) -> None:
    found = short(good(params=model, function=echo, columns=[]))
    assert words in found["surfaces"]


class Typed(Params):
    depth: str = Field("", description="How deep")


def test_a_surface_that_refuses_or_changes_a_value_is_named() -> None:
    def refusing(model: type[Params], _fields: Any) -> Params:
        return SURFACES["a query"](model, {"nonsense": 1})

    def changing(model: type[Params], _fields: Any) -> Params:
        return SURFACES["a query"](model, {"depth": "deeper"})

    metric = good(params=Typed)
    surfaces = {"smoke": refusing, "drums": changing}
    faults = [one.detail for one in findings(metric, surfaces=surfaces) if one.mark is Mark.SHORT]
    assert len(faults) == 2
    assert "depth=x is refused in smoke, and taken otherwise: nonsense" in faults[0]
    assert "depth=x gives depth='deeper' in drums, and otherwise depth='x'" in faults[1]


class Choice(Params):
    by: Literal["good", "bad", "worse"] = Field("good", description="Which")
    wide: bool = Field(False, description="Whether it is wide")


def test_a_run_that_raises_with_a_parameter_is_found_and_names_it() -> None:
    def run(params: Choice, _run: Run) -> str:
        return str(1 // (not params.wide))

    found = short(good(params=Choice, function=run, columns=[]))
    assert list(found) == ["surfaces"]
    assert "a run with wide=true failed" in found["surfaces"]
    assert "ZeroDivisionError" in found["surfaces"]
    assert "in run" in found["surfaces"]


def test_a_run_that_hangs_with_a_parameter_is_found() -> None:
    over = threading.Event()

    def run(params: Choice, _run: Run) -> str:
        return str(params.wide and over.wait())

    found = short(good(params=Choice, function=run, columns=[]))
    over.set()
    assert list(found) == ["surfaces"]
    assert "a run with wide=true failed: " in found["surfaces"]


@pytest.mark.parametrize("error", [MetricFailed("no water"), PermissionError(1, "not you")])
def test_what_the_host_refuses_is_no_fault_of_the_metric(error: Exception) -> None:
    def run(params: Choice, _run: Run) -> str:
        if params.wide:
            raise error
        return "narrow"

    assert short(good(params=Choice, function=run, columns=[])) == {}


def test_a_metric_that_its_host_cannot_run_is_set_nevertheless() -> None:
    def run(_params: Dropped, _run: Run) -> str:
        raise MetricFailed("no water")

    assert set(short(good(params=Dropped, function=run, columns=[]))) == {"surfaces", "output"}


def test_a_long_metric_is_set_and_not_run_for_that() -> None:
    def run(params: Choice, _run: Run) -> str:
        return str(1 // (not params.wide))

    metric = good(params=Choice, function=run, columns=[], duration=lambda _params: 0)
    assert short(metric) == {}


class Many(Params):
    a: bool = Field(False, description="x")
    b: bool = Field(False, description="x")
    c: bool = Field(False, description="x")
    d: bool = Field(False, description="x")
    e: bool = Field(False, description="x")
    f: bool = Field(False, description="x")
    g: bool = Field(False, description="x")
    h: bool = Field(False, description="x")
    i: bool = Field(False, description="x")


def test_eight_runs_are_enough() -> None:
    (told,) = (one.detail for one in findings(good(params=Many)) if one.check == "surfaces")
    assert told == "a, b, c, d, e, f, g, h, i; runs: 8"


class Least(Params):
    least: Integer = Field(0, ge=0, le=9, description="Fewest bytes in use of what is shown")


def at_least(parsed: list[Any], params: Least) -> list[Any]:
    return [row for row in parsed if row["used"] >= params.least]


def test_a_parameter_that_changes_nothing_that_http_shows_is_found() -> None:
    said = short(space(params=Least, rows=at_least))["surfaces"]
    assert "least=1 changes no word of df, and HTTP shows what that prints" in said
    assert short(space(params=Least, rows=at_least, table=True)) == {}

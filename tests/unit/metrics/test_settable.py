"""A parameter that could not be set in every way stops the start, with a sentence."""

from __future__ import annotations

import pytest

from tests.support.plugins import HEAD, Site

MODEL = """\
from __future__ import annotations
from datetime import date
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Optional
from pydantic import (
    AliasChoices, BaseModel, BeforeValidator, ConfigDict, Json, PrivateAttr, Strict,
    computed_field, conint, constr,
)
from sysmon_core import Duration, Field, Integer, Params, Size
{head}
class Fish(Enum):
    CARP = "carp"

class Depth(IntEnum):
    DEEP = 1

class Nested(BaseModel):
    deep: bool = False

class Pond(Params):
{body}

@hookimpl
def sysmon_metrics():
    return [metric("pond", params=Pond)]
"""


def install(site: Site, body: str) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    site.add(MODEL.format(head=HEAD, body=lines))


def about(rest: str = "") -> str:
    return f"Field(None, description='x'{', ' + rest if rest else ''})"


REFUSED = {
    "an alias": (f"deep: str = {about('alias=repr(1)')}", "deep has an alias"),
    "an alias of input": (
        f"deep: str = {about('validation_alias=AliasChoices(repr(1))')}",
        "deep has an alias",
    ),
    "an alias of output": (f"deep: str = {about('serialization_alias=repr(1)')}", "an alias"),
    "made aliases": (
        f"model_config = ConfigDict(alias_generator=str.upper)\ndeep: str = {about()}",
        "deep has an alias",
    ),
    "an exclusion": (f"deep: str = {about('exclude=True')}", "deep is excluded"),
    "a strict number": (f"deep: int = {about('strict=True')}", "deep is strict"),
    "a strict number in a list": (f"deep: list[conint(strict=True)] = {about()}", "is strict"),
    "a strict optional": (f"deep: Annotated[int, Strict()] | None = {about()}", "is strict"),
    "a strict model": (
        f"model_config = ConfigDict(strict=True)\ndeep: bool = {about()}",
        "deep is strict",
    ),
    "two of one option": (
        f"wide: bool = {about()}\nno_wide: str = {about()}",
        "no_wide has the option --no-wide on the command line, and so has wide",
    ),
    "two of one option, turned": (
        f"no_wide: bool = {about()}\nwide: bool = {about()}",
        "wide has the option --no-wide on the command line, and so has no_wide",
    ),
    "a list of what may be None": (f"deep: list[Integer | None] = {about()}", "may be None"),
    "anything": (f"deep: Any = {about()}", "has a type"),
    "a dict": (f"deep: dict[str, int] = {about()}", "has a type"),
    "a model": (f"deep: Nested = {about()}", "has a type"),
    "a decimal": (f"deep: Decimal = {about()}", "has a type"),
    "a date": (f"deep: date = {about()}", "has a type"),
    "a set": (f"deep: set[str] = {about()}", "has a type"),
    "a bare list": (f"deep: list = {about()}", "has a type"),
    "a tuple of two": (f"deep: tuple[str, int] = {about()}", "has a type"),
    "a list of lists": (f"deep: list[list[str]] = {about()}", "has a type"),
    "a union": (f"deep: str | int = {about()}", "has a type"),
    "an enum of numbers": (f"deep: Depth = {about()}", "has a type"),
    "a literal of numbers": (f"deep: Literal[1, 2] = {about()}", "has a type"),
    "a type that is nowhere": (f"deep: Nonesuch = {about()}", "has a type"),
    "a pattern of a list": (
        "deep: list[str] = Field(['a'], pattern='^a+$', description='x')",
        (
            "deep has pattern, which a list cannot keep: bound its values, as "
            "list[Annotated[str, Field(pattern=...)]] does"
        ),
    ),
    "a bound of an optional list": (
        f"deep: Optional[tuple[Integer, ...]] = {about('ge=1')}",
        (
            "deep has ge, which a list cannot keep: bound its values, as "
            "list[Annotated[int, Field(ge=...)]] does"
        ),
    ),
    "a bound of a text": (
        f"deep: str = {about('ge=1')}",
        "deep has ge, which its type cannot keep",
    ),
    "a length of a number": (f"deep: int = {about('max_length=1')}", "deep has max_length, which"),
    "a length of a choice": (f"deep: Fish = {about('max_length=1')}", "deep has max_length, which"),
    "digits of a number": (f"deep: float = {about('decimal_places=1')}", "decimal_places, which"),
    "a length of a list's numbers": (
        f"deep: list[Annotated[int, Field(max_length=1)]] = {about()}",
        "deep has values with max_length, which their type cannot keep: drop it",
    ),
    "a bound in an annotation": (
        f"deep: Annotated[str, Field(le=1)] | None = {about()}",
        "deep has le, which its type cannot keep: drop it",
    ),
    "a default below its bound": (
        "deep: Integer = Field(0, ge=1, description='x')",
        "deep has the default 0, which its own bounds refuse: change either",
    ),
    "a default beside its bound": (
        "deep: list[Annotated[float, Field(lt=2)]] = Field([1, 2.0], description='x')",
        "deep has the default 2.0, which its own bounds refuse",
    ),
    "a default that is no duration": (
        "deep: Duration = Field(-1, description='x')",
        "deep has the default -1, which its own bounds refuse",
    ),
    "a default that raises": (
        "deep: str = Field(default_factory=lambda: 1 / 0, description='x')",
        "cannot be described (ZeroDivisionError",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_set_in_every_way_stops_the_start(name: str, site: Site) -> None:
    body, words = REFUSED[name]
    install(site, body)
    sentence = site.error()
    assert words in sentence
    assert "the plugin aquarium of fishtank 1.2 has a metric pond whose param" in sentence
    assert "\n" not in sentence
    site.load(plugins_tolerant=True)


TAKEN = {
    "never in __init__": f"deep: str = {about('init=False')}",
    "frozen": f"deep: str = {about('frozen=True')}",
    "bounded types": f"deep: constr(max_length=3) = {about()}\nhigh: conint(ge=3) = {about()}",
    "annotated twice": f"deep: Annotated[Annotated[int, Field(ge=1)], Field(le=2)] = {about()}",
    "an optional list": f"deep: Optional[list[Size]] = {about()}",
    "an optional choice": f"deep: Fish | None = {about()}",
    "a list of bounded values": (
        "deep: list[Annotated[str, Field(pattern='^a+$', max_length=3)]] = "
        "Field(['a'], min_length=1, max_length=2, description='x')"
    ),
    "a text that is empty unless given": "deep: str = Field('', pattern='^a', description='x')",
    "a default on its bound": "deep: float | None = Field(1, ge=1, le=1, description='x')",
    "a strict text": f"deep: str = {about('strict=True')}",
    "a number that is not strict": (
        f"model_config = ConfigDict(strict=True)\ndeep: Annotated[int, Strict(False)] = {about()}"
    ),
    "what is computed": (
        "@computed_field\n@property\ndef twice(self) -> int:\n    return 2\n_own: int = 1"
    ),
    "required": "deep: str = Field(description='x', examples=['a'])",
    "required without examples, which the check finds": "deep: str = Field(description='x')",
    "options that are alike": f"wide: bool = {about()}\nwi_de: bool = {about()}",
    "a no without its yes": f"no_wide: str = {about()}\nwide: str = {about()}",
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_can_be_set_in_every_way_is_loaded(name: str, site: Site) -> None:
    install(site, TAKEN[name])
    assert [metric.name for metric in site.load()] == ["pond"]

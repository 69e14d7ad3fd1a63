"""How a parameter of each type stands in the API document."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from sysmon_core import Duration, Field, Integer, Metric, Params
from sysmon_core.testing import MakeApp


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Every(Params):
    needed: str = Field(examples=["sda"], description="Which device")
    colour: Colour = Field(Colour.RED, description="Which colour")
    order: Literal["up", "down"] | None = Field(None, description="Which order")
    names: list[str] = Field([], max_length=3, description="Names")
    colours: tuple[Colour, ...] | None = Field(None, description="Colours")
    limits: list[Integer] | None = Field(None, max_length=2, description="Limits")
    time: Duration | None = Field(None, ge=1, description="How long")
    pause: Duration = Field(5, gt=1, description="How long between")
    turns: Annotated[Integer, Field(multiple_of=4)] | None = Field(None, description="Turns")


PAUSE = {"type": "number", "minimum": 0, "exclusiveMinimum": 1, "unit": "s", "default": 5}
METRICS = [
    Metric(name=name, title="Every", params=Every, function=lambda *_: "", duration=duration)
    for name, duration in {"quick": None, "long": lambda _params: 1}.items()
]


@pytest.fixture
def document(sysmon_app: MakeApp) -> dict[str, Any]:
    found: dict[str, Any] = sysmon_app(METRICS).get("/openapi.json").json
    return found


def test_the_document_is_valid_and_every_reference_leads_somewhere(
    document: dict[str, Any],
) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    for name in ("quick", "long"):
        colour = document["components"]["schemas"][f"metric.{name}.Colour"]
        assert colour["enum"] == ["red", "blue"]


def query(document: dict[str, Any], path: str, method: str) -> dict[str, dict[str, Any]]:
    return {told["name"]: told for told in document["paths"][path][method]["parameters"]}


@pytest.mark.parametrize(("path", "method"), [("/v1/quick/", "get"), ("/v2/long/", "post")])
def test_each_type_is_described_as_a_query_has_it(
    document: dict[str, Any], path: str, method: str
) -> None:
    told = query(document, path, method)
    name = path.split("/")[2]
    reference = {"$ref": f"#/components/schemas/metric.{name}.Colour"}
    assert {name: one["schema"] for name, one in told.items()} == {
        "needed": {"type": "string", "examples": ["sda"]},
        "colour": reference | {"default": "red"},
        "order": {"type": "string", "enum": ["up", "down"]},
        "names": {"type": "array", "items": {"type": "string"}, "maxItems": 3, "default": []},
        "colours": {"type": "array", "items": reference},
        "limits": {"type": "array", "items": {"type": "integer"}, "maxItems": 2},
        "time": {"type": "number", "minimum": 1, "unit": "s"},
        "pause": PAUSE,
        "turns": {"type": "integer", "multipleOf": 4},
    }
    required = [name for name, one in told.items() if one["required"]]
    assert required == (["needed"] if method == "get" else [])  # else the body may have it


def test_a_list_is_repeated_as_the_query_takes_it(
    document: dict[str, Any], sysmon_app: MakeApp
) -> None:
    told = query(document, "/v1/quick/", "get")
    lists = {
        name for name, one in told.items() if (one.get("style"), one.get("explode")) != (None, None)
    }
    assert lists == {"names", "colours", "limits"}
    assert all(told[name]["style"] == "form" and told[name]["explode"] for name in lists)
    sysmon_app(METRICS).get("/v1/quick/?needed=sda&limits=1&limits=2&colours=red&colours=blue")

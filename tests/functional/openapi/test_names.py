"""The names of schemas in the API document: none changes with what else is installed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import create_model

from sysmon_core import Field, Metric, Params
from sysmon_core.metrics import loading
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.settings import Settings
from tests.conftest import MakeApp, MakeSettings, examples

COMPONENT = re.compile(r"[a-zA-Z0-9._-]+")  # OpenAPI 3.1, 4.8.7.1
# Classes of ours, a class of another plugin's, and one that is no valid name.
CLASSES = ("Problem", "Task", "User", "Links", "NewUser", "IostatParams", "Params", "Größe")
Document = dict[str, Any]


def choosing(name: str) -> type[Params]:
    """A model of this name, with a field whose class has the name too."""
    choice = Enum(name, {"deep": "deep", "flat": "flat"})  # type: ignore[misc]  # the name is the point
    field = Field(choice.deep, description="How deep")  # type: ignore[attr-defined]  # as above
    return create_model(name, __base__=Params, depth=(choice, field))


def metric(name: str, params: type[Params]) -> Metric:
    return Metric(
        name=name,
        title="Depth",
        params=params,
        function=lambda *_: "7 m",
        duration=lambda _params: 0,
    )


SHARED = choosing("Shared")
THEIRS = [metric(f"their-{number}", choosing(name)) for number, name in enumerate(CLASSES)]
TWINS = [metric("twin-1", SHARED), metric("twin_2", SHARED)]
PLUGINS = [THEIRS, TWINS, [metric("a", choosing("Shared"))]]


@pytest.fixture
def database_url() -> str:
    """SQLite alone: the document does not know the users' database."""
    return ""


@pytest.fixture
def config(make_settings: MakeSettings) -> Settings:
    return make_settings(versions="v2 v3 v4")


@pytest.fixture
def describe(config: Settings, make_testapp: MakeApp) -> Callable[..., Document]:
    """The document where our metrics and those of some more plugins are installed."""
    ours = loading.load(config)
    pairs = [(one, ours.sources[one.name]) for one in ours]

    def describe(plugins: Sequence[Sequence[Metric]]) -> Document:
        found = [
            (one, Source(str(number), "sea", "1"))
            for number, plugin in enumerate(plugins)
            for one in plugin
        ]
        found = [*found, *pairs] if len(plugins) % 2 else [*pairs, *found]
        document: Document = make_testapp(config, Registry(found)).get("/openapi.json").json
        return document

    return describe


def without(document: Document, plugins: Sequence[Sequence[Metric]]) -> str:
    """The document without what is of these plugins' metrics, as text."""
    names = {one.name for plugin in plugins for one in plugin}
    schemas = document["components"]["schemas"]
    for name in [name for name in schemas if (name.split(".") * 2)[1] in names]:
        del schemas[name]
    for path in [path for path in document["paths"] if names & {*path.split("/")[2:4]}]:
        del document["paths"][path]
    return json.dumps(document)


def test_all_else_stays_byte_for_byte(describe: Callable[..., Document]) -> None:
    alone = json.dumps(describe([]))

    @settings(max_examples=examples(12))
    @given(st.lists(st.sampled_from(PLUGINS), unique_by=id, max_size=len(PLUGINS)))
    def check(plugins: list[list[Metric]]) -> None:
        assert without(describe(plugins), plugins) == alone

    check()


def test_params_are_named_by_their_metric_and_classes_inside_below_it(
    describe: Callable[..., Document],
) -> None:
    document = describe(PLUGINS)
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    schemas = document["components"]["schemas"]
    assert all(COMPONENT.fullmatch(name) for name in schemas)
    assert {"metric.twin-1", "metric.twin-1.Shared", "metric.twin_2", "metric.twin_2.Shared"} <= {
        *schemas
    }
    assert schemas["metric.twin-1.Shared"] == schemas["metric.twin_2.Shared"]
    reference = {"$ref": "#/components/schemas/metric.their-0.Problem"}
    assert schemas["metric.their-0"]["properties"]["depth"].items() >= reference.items()
    assert schemas["Problem"]["properties"]["type"]
    posted = document["paths"]["/v2/their-0/"]["post"]["requestBody"]["content"]
    assert posted["application/json"]["schema"] == {"$ref": "#/components/schemas/metric.their-0"}


def test_ours_have_the_names_of_their_classes(describe: Callable[..., Document]) -> None:
    names = {name for name in describe([])["components"]["schemas"] if "." not in name}
    assert {"Problem", "Task", "User", "Users", "Links", "NewUser", "UserChange"} <= names
    assert names == {name for name in describe(PLUGINS)["components"]["schemas"] if "." not in name}

"""The API document: parameters, bodies and answers, and what the README says."""

from __future__ import annotations

import re
from typing import Annotated, Any

from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel
from webtest import TestApp

from sysmon_core import Field, Integer, Metric, Params, Report
from sysmon_core.api import schemas
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.services.task import State
from tests.conftest import ROOT, MakeApp, MakeSettings
from tests.functional.openapi.conftest import PROXY, operations


def parameters(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {told["name"]: told for told in operation["parameters"]}


def test_a_parameter_has_its_type_range_default_unit_and_description(
    document: dict[str, Any],
) -> None:
    for version in ("v1", "v2", "v3"):
        told = parameters(operations(document)["GET", f"/{version}/iostat/"])
        assert set(told) == {"count", "wait"}
        wait = {"type": "integer", "minimum": 1, "default": 1, "unit": "s"}
        assert told["wait"]["schema"] == wait
        assert told["wait"]["description"] == "Seconds between two reports"
        assert (told["wait"]["in"], told["wait"]["required"]) == ("query", False)


def test_a_parameter_that_may_be_left_out_is_never_null(document: dict[str, Any]) -> None:
    told = parameters(operations(document)["GET", "/v3/users/"])
    assert told["limit"]["schema"] == {"type": "integer", "minimum": 1}
    assert told["detail"]["schema"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 1,
        "default": 0,
    }


def test_a_body_is_json_or_a_form_in_which_a_word_is_a_truth_value(
    document: dict[str, Any],
) -> None:
    for method, path in (("POST", "/v3/users/"), ("PUT", "/v3/users/{username}")):
        body = operations(document)[method, path]["requestBody"]
        json, form = (
            body["content"][kind]["schema"]
            for kind in ("application/json", "application/x-www-form-urlencoded")
        )
        assert body["required"]
        assert json == {"$ref": "#/components/schemas/NewUser"}
        assert form["required"] == ["username", "password", "fullname"]
        word = re.compile(form["properties"]["admin"]["pattern"])
        assert all(word.search(text) for text in ("true", "OFF", "Yes", "1"))
        assert not any(word.search(text) for text in ("2", "truetrue", "", "y"))
    fields = document["components"]["schemas"]["NewUser"]["properties"]
    assert fields["password"]["writeOnly"]
    assert fields["admin"]["type"] == "boolean"


def test_optional_fields_of_a_change_have_no_default(document: dict[str, Any]) -> None:
    change = document["components"]["schemas"]["UserChange"]
    assert "required" not in change
    assert not [name for name, field in change["properties"].items() if "default" in field]


def test_each_permission_is_described(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {name: one.get("scheme", one["type"]) for name, one in schemes.items()} == {
        "basicAuth": "basic",
        "bearerAuth": "bearer",
        "sessionCookie": "apiKey",
    }
    found = operations(document)
    assert found["GET", "/v2/iostat/"]["security"] == []
    assert found["GET", "/v3/"]["security"] == []
    assert found["GET", "/v3/iostat/"]["security"] == [
        {"basicAuth": ["user"]},
        {"bearerAuth": ["user", "run"]},
    ]
    assert found["POST", "/v3/users/"]["security"] == [
        {"basicAuth": ["admin"]},
        {"bearerAuth": ["admin", "all"]},
    ]


def test_a_task_that_is_made_links_to_what_shows_and_what_stops_it(
    document: dict[str, Any],
) -> None:
    found = operations(document)
    for version in ("v2", "v3"):
        shows, stops = (found[m, f"/{version}/task/{{task_id}}"] for m in ("GET", "DELETE"))
        for method in ("GET", "POST"):
            links = found[method, f"/{version}/iostat/"]["responses"]["201"]["links"].values()
            assert [link["operationId"] for link in links] == [
                *(shows["operationId"], stops["operationId"]),
            ]
            for link in links:
                assert link["parameters"] == {"task_id": "$response.body#/task_id"}


def test_a_report_has_the_name_of_its_metric(document: dict[str, Any]) -> None:
    answer = operations(document)["GET", "/v1/uptime/"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    assert (schema["required"], schema["additionalProperties"]) == (["uptime"], False)


def test_each_state_of_a_task_is_described_once() -> None:
    kinds: list[type[BaseModel]] = [
        schemas.OpenTask,
        schemas.SucceededTask,
        schemas.FailedTask,
        schemas.RevokedTask,
    ]
    told = [kind.model_json_schema()["properties"]["state"] for kind in kinds]
    states = [state for one in told for state in one.get("enum", [one.get("const")])]
    assert sorted(states) == sorted(State)


def test_the_server_is_below_the_prefix_that_the_request_has(app: TestApp) -> None:
    assert app.get("/openapi.json").json["servers"] == [{"url": "/"}]
    proxied = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_PREFIX": "/ops/sysmon"}
    assert app.get("/openapi.json", extra_environ=proxied).json["servers"] == [
        {"url": "/ops/sysmon"}
    ]
    assert app.get("/openapi.json").json["servers"] == [{"url": "/"}]


def test_the_document_is_open_to_all_and_json_alone(app: TestApp) -> None:
    assert app.get("/openapi.json").content_type == "application/json"
    app.head("/openapi.json", status=200)
    app.get("/openapi.json", headers={"Accept": "text/html"}, status=406)
    assert "openapi" not in app.get("/").text


class Depth(Params):
    """One metric's."""

    depth: Annotated[Integer, Field(gt=0, lt=100)]
    kind: str | None = None


class Other:
    """Where another metric has its own of the same name."""

    class Depth(Params):
        """Another metric's."""

        night: bool = False


def test_metrics_of_other_plugins_are_described_as_declared(
    make_testapp: MakeApp, make_settings: MakeSettings
) -> None:
    source = Source("aquarium", "fishtank", "1.2")
    metrics = [
        Metric(
            name=name,
            title="Fish",
            function=lambda _params, _run: Report("5 m"),
            params=params,
            duration=lambda _params: 0,
        )
        for name, params in (("fish-1", Depth), ("model_dump", Other.Depth), ("get", Params))
    ]
    app = make_testapp(make_settings(), Registry((metric, source) for metric in metrics))
    document = app.get("/openapi.json").json
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    found = operations(document)
    told = parameters(found["GET", "/v2/fish-1/"])
    assert told["depth"]["required"]
    assert told["depth"]["schema"] == {
        "type": "integer",
        "exclusiveMinimum": 0,
        "exclusiveMaximum": 100,
    }
    assert told["kind"]["schema"] == {"type": "string"}
    posted = found["POST", "/v2/fish-1/"]  # where it may be in the body as well as in the query
    assert not parameters(posted)["depth"]["required"]
    assert not posted["requestBody"]["required"]
    assert set(parameters(found["GET", "/v1/model_dump/"])) == {"night"}


def test_the_readme_lists_what_the_document_has(document: dict[str, Any]) -> None:
    text = (ROOT / "README.md").read_text()
    table = text.partition("## The endpoints")[2].partition("\n## ")[0]
    listed: dict[str, set[str]] = {}
    for names, methods in re.findall(r"^\| (`.+?`) \| (.+?) \|", table, re.MULTILINE):
        for path in re.findall(r"`(.+?)`", names):
            known = listed.get(path.replace("/v3/", "/v2/"), set())
            own = set(re.findall(r"[A-Z]+", methods))
            listed[path] = known if methods == "as in version 2" else own
    paths = {
        re.sub(
            r"(?<=/v4/metrics/)[a-z]+", "<metric>", re.sub(r"\{(?:task_)?(\w+)\}", r"<\1>", path)
        ): {method.upper() for method in item}
        for path, item in document["paths"].items()
    }
    assert listed == paths

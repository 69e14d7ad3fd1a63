"""The API document of version 4: each metric's rows by its columns, and what real answers are."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # as it is
from openapi_spec_validator import OpenAPIV31SpecValidator
from webtest import TestApp

from sysmon_core.metrics import loading
from sysmon_core.settings import Settings
from tests.conftest import METRICS, MakeApp, MakeSettings
from tests.functional.openapi.conftest import operations

JSON = "application/json"


@pytest.fixture
def database_url() -> str:
    """SQLite alone: the document does not know the users' database."""
    return ""


@pytest.fixture
def config(make_settings: MakeSettings) -> Settings:
    return make_settings(versions="v3 v4")


@pytest.fixture
def app(config: Settings, make_testapp: MakeApp, add_user: Any) -> TestApp:
    app = make_testapp(config)
    app.authorization = add_user("root", "secret", admin=True)
    return app


@pytest.fixture
def document(app: TestApp) -> dict[str, Any]:
    found: dict[str, Any] = app.get("/openapi.json").json
    return found


def of_version_4(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {key: one for key, one in operations(document).items() if key[1].startswith("/v4/")}


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_each_error_is_a_problem_with_a_name(document: dict[str, Any]) -> None:
    problem = {"schema": {"$ref": "#/components/schemas/CodedProblem"}}
    for operation in of_version_4(document).values():
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response["content"] == {"application/problem+json": problem}
    told = document["components"]["schemas"]["CodedProblem"]
    assert {"type", "code"} <= {*told["required"]}


def test_what_can_be_asked_for_conditionally_has_an_etag_and_a_304(
    document: dict[str, Any],
) -> None:
    found = of_version_4(document)
    conditional = {
        path
        for (_, path), one in found.items()
        if "If-None-Match" in {told["name"] for told in one["parameters"]}
    }
    assert {"/v4/metrics/", "/v4/metrics/uptime", "/v4/metrics/uptime/report"} <= conditional
    for (method, path), operation in found.items():
        assert ("304" in operation["responses"]) is (method == "GET" and path in conditional)
        if "304" in operation["responses"]:
            assert "ETag" in operation["responses"]["200"]["headers"]
            assert "content" not in operation["responses"]["304"]
    for status in ("200", "304"):
        described = found["GET", "/v4/tasks/{id}"]["responses"][status]
        assert "Preference-Applied" in described["headers"]


@pytest.mark.parametrize("name", METRICS)
def test_rows_are_described_by_their_columns(
    document: dict[str, Any], config: Settings, name: str
) -> None:
    (metric,) = (one for one in loading.load(config) if one.name == name)
    row = document["components"]["schemas"][f"row.{name}"]
    assert row["required"] == [column.name for column in metric.columns]
    assert row["additionalProperties"] is False
    for column in metric.columns:
        told = row["properties"][column.name]
        measures = column.kind in {"gauge", "counter", "delta"}
        assert ("string" in told["type"]) is not measures
        assert "null" in told["type"]
        assert column.description in told["description"]
        assert column.unit in told["description"]


@pytest.mark.parametrize("name", METRICS)
def test_a_report_has_each_format(document: dict[str, Any], name: str) -> None:
    operation = operations(document)["GET", f"/v4/metrics/{name}/report"]
    content = operation["responses"]["200"]["content"]
    assert content[JSON]["schema"] == {"$ref": f"#/components/schemas/report.{name}"}
    assert content["text/csv"]["schema"] == content["text/plain"]["schema"] == {"type": "string"}
    told = {one["name"]: one["schema"] for one in operation["parameters"]}
    assert told["format"] == {"$ref": "#/components/schemas/ReportFormat"}
    assert told["host"] == {"type": "string"}
    known = document["components"]["schemas"]
    assert known["ReportFormat"]["enum"] == ["json", "text", "csv"]


PATHS = ["/v4/", "/v4/metrics/", *(f"/v4/metrics/{name}" for name in METRICS)]
PATHS += [f"/v4/metrics/{name}/report" for name in METRICS]


@pytest.mark.parametrize("path", PATHS)
def test_a_real_answer_is_what_is_described(
    app: TestApp, document: dict[str, Any], path: str
) -> None:
    content = operations(document)["GET", path]["responses"]["200"]["content"]
    schema = content[JSON]["schema"] | {"components": document["components"]}
    answer = app.get(path)
    assert [one.message for one in Draft202012Validator(schema).iter_errors(answer.json)] == []

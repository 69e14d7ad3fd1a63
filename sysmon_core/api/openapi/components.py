"""The models that the API document shows: its components, and what refers to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openapi_pydantic import Reference, Schema, schema_validate
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from sysmon_core.api import schemas
from sysmon_core.api.framework.declarations import Content, Resource

PLACE = "#/components/schemas/"
RANGES = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}


class _Plain(GenerateJsonSchema):
    """Pydantic's schemas, without two things that readers would stumble over."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        """No titles made of names: viewers show them instead of the names."""
        return False

    def generate_inner(self, schema: Any) -> dict[str, Any]:
        """A range on a type with a validator of its own comes in pydantic's words."""
        found = super().generate_inner(schema)
        return {RANGES.get(key, key): value for key, value in found.items()}


class Models:
    """Every model that the services read or give; two of one name get names that differ."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        wanted = {schemas.Problem: None} | dict.fromkeys(_models(resources))
        found, whole = models_json_schema(
            [(model, "validation") for model in wanted],
            ref_template=PLACE + "{model}",
            schema_generator=_Plain,
        )
        self._names = {
            model: schema["$ref"].removeprefix(PLACE) for (model, _), schema in found.items()
        }
        self._schemas: dict[str, dict[str, Any]] = whole["$defs"]
        self._used: set[str] = set()

    def schema(self, model: type[BaseModel]) -> dict[str, Any]:
        """The model's own JSON schema."""
        self._use(self._schemas[self._names[model]])
        return self._schemas[self._names[model]]

    def content(self, content: Content) -> Schema | Reference:
        """What stands for the content wherever it is needed."""
        if not isinstance(content, type):
            return schema_validate(dict(content))
        reference = {"$ref": PLACE + self._names[content]}
        self._use(reference)
        return Reference.model_validate(reference)

    def components(self) -> dict[str, Schema]:
        """All that was referred to, by name."""
        return {name: schema_validate(self._schemas[name]) for name in sorted(self._used)}

    def _use(self, part: Any) -> None:
        """Note what a schema refers to, and what that refers to."""
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if key == "$ref":
                name = value.removeprefix(PLACE)
                if name not in self._used:
                    self._used.add(name)
                    self._use(self._schemas[name])
            elif isinstance(value, dict | list):
                self._use(value)


def _models(resources: Iterable[Resource]) -> Iterable[type[BaseModel]]:
    for resource in resources:
        for endpoint in resource.endpoints.values():
            if endpoint.reads:
                yield endpoint.reads.model
            for answer in endpoint.answers.values():
                if isinstance(answer.content, type):
                    yield answer.content

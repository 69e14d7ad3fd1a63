"""Components of the API document: the schemas of all models, and references to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from openapi_pydantic import Reference, Schema, schema_validate
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sysmon_core.api import schemas
from sysmon_core.api.framework.declarations import (
    SCHEMAS_PATH,
    Content,
    NamedSchema,
    Resource,
)
from sysmon_core.api.framework.inputs import Query, Reader
from sysmon_core.api.framework.json_schema import PlainSchema


class Models:
    """The schema of every model that is read or returned, by its name.

    A model of ours has the name of its class, in version 4 after ``v4.``. The params of a metric
    have the name of the metric, and what a plugin declares inside them has a name below that. So no
    name depends on what else is installed.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        endpoints = [one for resource in resources for one in resource.endpoints.values()]
        readers = [endpoint.reads for endpoint in endpoints if endpoint.reads]
        answers = [answer for endpoint in endpoints for answer in endpoint.answers.values()]
        contents = [one for each in answers for one in (each.content, *each.formats.values())]
        given = list(_with_those_used(contents))
        wanted: list[type[BaseModel]] = [schemas.Problem, schemas.CodedProblem]
        wanted += [one for one in given if isinstance(one, type)]
        wanted += [reads.model for reads in readers if not reads.name]
        wanted += [one.options for one in readers if isinstance(one, Query) and one.options]
        self._names: dict[type[Any], str] = {}
        self._schemas: dict[str, dict[str, Any]] = {}
        for prefix, models in _by_prefix(wanted).items():
            self._add(prefix, models)
        for name, model in {reads.name: reads.model for reads in readers if reads.name}.items():
            self._schemas |= _named(name, model)
        self._schemas |= {
            one.name: dict(one.schema) for one in given if isinstance(one, NamedSchema)
        }
        self._used: set[str] = set()

    def _add(self, prefix: str, models: Iterable[type[BaseModel]]) -> None:
        """Add the schemas of models, and of those inside them, all with this before their names."""
        found, whole = models_json_schema(
            [(model, "validation") for model in models],
            ref_template=f"{SCHEMAS_PATH}{prefix}{{model}}",
            schema_generator=PlainSchema,
        )
        for (model, _), schema in found.items():
            self._names[model] = schema["$ref"].removeprefix(SCHEMAS_PATH)
        for name, schema in whole["$defs"].items():
            if prefix:  # a title would be the name without it, and some programs name by titles
                schema.pop("title", None)
            self._schemas[prefix + name] = schema

    def schema(self, reads: Reader) -> dict[str, Any]:
        """Return the JSON schema of what is read."""
        return self._found(self._name(reads))

    def model_schema(self, model: type[BaseModel]) -> dict[str, Any]:
        """Return the JSON schema of a model that has the name of its class."""
        return self._found(self._names[model])

    def _found(self, name: str) -> dict[str, Any]:
        found = self._schemas[name]
        self._use(found)
        return found

    def reference(self, reads: Reader) -> Reference:
        """Return a reference to the schema of what is read."""
        return self._reference(self._name(reads))

    def content(self, content: Content) -> Schema | Reference:
        """Return a reference to what is returned, or the JSON schema that was given."""
        if isinstance(content, type):
            return self._reference(self._names[content])
        if isinstance(content, NamedSchema):
            return self._reference(content.name)
        return schema_validate(dict(content))

    def components(self) -> dict[str, Schema]:
        """Return the schemas that were referred to, by name."""
        return {name: schema_validate(self._schemas[name]) for name in sorted(self._used)}

    def _name(self, reads: Reader) -> str:
        return reads.name or self._names[reads.model]

    def _reference(self, name: str) -> Reference:
        reference = {"$ref": SCHEMAS_PATH + name}
        self._use(reference)
        return Reference.model_validate(reference)

    def _use(self, part: Any) -> None:
        """Record the schemas that a schema refers to, and those that they refer to."""
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if key == "$ref":
                name = value.removeprefix(SCHEMAS_PATH)
                if name not in self._used:
                    self._used.add(name)
                    self._use(self._schemas[name])
            elif isinstance(value, dict | list):
                self._use(value)


def _by_prefix(models: Iterable[type[BaseModel]]) -> dict[str, list[type[BaseModel]]]:
    """Return each model once, by what comes before its name; only version 4 has such a prefix."""
    found: dict[str, list[type[BaseModel]]] = {}
    for model in dict.fromkeys(models):
        found.setdefault(getattr(model, "name_prefix", ""), []).append(model)
    return found


def _with_those_used(
    contents: Iterable[Content | None],
) -> Iterator[type[BaseModel] | NamedSchema]:
    """Yield each model and each schema that has a name, and those that the latter refer to."""
    for content in contents:
        if isinstance(content, type):
            yield content
        elif isinstance(content, NamedSchema):
            yield content
            yield from _with_those_used(content.uses)


def _named(name: str, model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """Return the schemas of a model and of the classes inside it, the latter below its name.

    None has a title, which would be the name of its class: some programs name what they generate
    by it.
    """
    whole = model.model_json_schema(
        ref_template=f"{SCHEMAS_PATH}{name}.{{model}}", schema_generator=PlainSchema
    )
    inside: dict[str, dict[str, Any]] = whole.pop("$defs", {})
    found = {name: whole} | {f"{name}.{inner}": schema for inner, schema in inside.items()}
    for schema in found.values():
        schema.pop("title", None)
    return found

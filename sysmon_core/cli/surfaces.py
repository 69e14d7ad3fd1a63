"""The surfaces on which a caller sets params, for checks: query, body and command line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import click
from pyramid.request import Request

from sysmon_core.api.framework.inputs import JSON, Query, QueryAndBody, Reader
from sysmon_core.checks import Surface
from sysmon_core.cli.options import options, pairs
from sysmon_core.errors import InvalidInput
from sysmon_core.metrics.metric import Params
from sysmon_core.metrics.option_names import negation_of, option_of
from sysmon_core.services.params import parse

BODY_BYTES = 100_000

Fields = Mapping[str, Any]


def by_query(model: type[Params], fields: Fields) -> Params:
    """Set params by the query of a GET."""
    return _read(Query(model), Request.blank(f"/?{urlencode(list(_words(fields)))}"))


def by_body(model: type[Params], fields: Fields) -> Params:
    """Set params by the body of a POST, in JSON."""
    body = json.dumps(fields).encode()
    request = Request.blank("/", method="POST", content_type=JSON, body=body)
    return _read(QueryAndBody(model, BODY_BYTES), request)


def by_command_line(model: type[Params], fields: Fields) -> Params:
    """Set params by the options of ``sysmon run METRIC``."""
    words = [
        (option_of(name) if value else negation_of(name))
        if isinstance(value, bool)
        else f"{option_of(name)}={_word(one)}"
        for name, value in fields.items()
        for one in _several(value)
    ]
    command = click.Command("run", params=[*options(model)])
    try:
        return parse(model, pairs(command.make_context("run", words).params))
    except click.UsageError as error:
        raise InvalidInput([], error.format_message()) from error


SURFACES: Mapping[str, Surface] = MappingProxyType(
    {"a query": by_query, "a body of JSON": by_body, "the command line": by_command_line}
)


def _read(reader: Reader, request: Request) -> Params:
    request.validated = {}
    reader(request)
    params: Params = request.validated["params"]
    return params


def _words(fields: Fields) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        yield from ((name, _word(one)) for one in _several(value))


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _word(value: object) -> str:
    """Write a value as a caller does, a number with all its digits and without an exponent."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(value)

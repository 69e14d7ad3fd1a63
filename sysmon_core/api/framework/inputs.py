"""Validators for Cornice: they read the query and the body, and fill ``request.validated``.

Each raises InvalidInput with a fault for every field that does not fit, and its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPNotAcceptable,
    HTTPRequestEntityTooLarge,
    HTTPRequestTimeout,
    HTTPUnsupportedMediaType,
)
from pyramid.request import Request

from sysmon_core.errors import InvalidInput
from sysmon_core.metrics.metric import Params
from sysmon_core.services.params import parse

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 100

TRUTH_WORDS = {"true": True, "1": True, "yes": True, "on": True}
TRUTH_WORDS |= {"false": False, "0": False, "no": False, "off": False}

Pairs = list[tuple[str, Any]]
Validator = Callable[..., None]


@dataclass(frozen=True)
class Accepts:
    """Answers 406 to a client that could not read the response."""

    media_type: str

    def __call__(self, request: Request, **_options: Any) -> None:
        """Check the header Accept."""
        if not request.accept.acceptable_offers([self.media_type]):
            raise HTTPNotAcceptable(f"Every answer here is {self.media_type}; ask for that")


@dataclass(frozen=True)
class Query:
    """Makes ``params`` from the query string."""

    model: type[Params]

    def __call__(self, request: Request, **_options: Any) -> None:
        """Fill ``request.validated``."""
        _check(request, self.model, _query_fields(request), lambda _: "query")


@dataclass(frozen=True)
class QueryAndBody:
    """Makes ``params`` from the query string and the body together; ``limit`` is in bytes."""

    model: type[Params]
    limit: int

    def __call__(self, request: Request, **_options: Any) -> None:
        """Fill ``request.validated``."""
        sent = read_body(request, self.limit)
        names = {name for name, _ in sent}
        pairs = [*_query_fields(request), *sent]
        _check(request, self.model, pairs, lambda name: "body" if name in names else "query")


@dataclass(frozen=True)
class Body:
    """Makes ``params`` from the body, JSON or a form; ``limit`` is in bytes."""

    model: type[Params]
    limit: int

    def __call__(self, request: Request, **_options: Any) -> None:
        """Fill ``request.validated``."""
        pairs = read_body(request, self.limit)
        if request.content_type.lower() == FORM:
            pairs = [(name, _truth(self.model, name, value)) for name, value in pairs]
        _check(request, self.model, pairs, lambda _: "body")


Reader = Query | QueryAndBody | Body


def _truth(model: type[Params], name: str, value: str) -> str | bool:
    """Return the boolean that a word of a form means, where the field is one; else the word."""
    field = model.model_fields.get(name)
    if field is None or field.annotation is not bool:
        return value
    return TRUTH_WORDS.get(value.lower(), value)


def _check(
    request: Request,
    model: type[Params],
    pairs: Iterable[tuple[str, Any]],
    place: Callable[[str], str],
) -> None:
    try:
        params = parse(model, pairs)
    except InvalidInput as error:
        raise InvalidInput(replace(one, place=place(one.name)) for one in error.faults) from None
    request.validated["params"] = params
    request.validated["places"] = {name: place(name) for name in params.model_fields_set}


def read_body(request: Request, limit: int) -> Pairs:
    """Return the fields of the body, doubled ones included; none if there is no body.

    Raises:
        HTTPRequestEntityTooLarge, HTTPUnsupportedMediaType, HTTPBadRequest: it is too large, of
            another type than JSON or a form, or not what its type says.
    """
    content = _content(request, limit)
    if not content:
        return []
    kind = request.content_type.lower()
    if kind not in {JSON, FORM} or request.charset != "UTF-8":  # in any case, or if it is missing
        raise HTTPUnsupportedMediaType(
            f"Send {JSON} or {FORM}, in UTF-8, and say so in Content-Type"
        )
    read = _read_json if kind == JSON else _fields
    try:
        return read(content.decode())
    except (ValueError, RecursionError):
        raise HTTPBadRequest(
            f"The body is not what its Content-Type says: {request.content_type}"
        ) from None


def _content(request: Request, limit: int) -> bytes:
    """Read the body, which the server has dechunked and given a length (PEP 3333)."""
    length = request.content_length or 0
    if length > limit:
        raise HTTPRequestEntityTooLarge(f"A body may have {limit} bytes here")
    try:
        content: bytes = request.environ["wsgi.input"].read(length)
    except TimeoutError:
        raise HTTPRequestTimeout("The body did not come in time") from None
    except OSError:
        raise HTTPBadRequest("The body broke off, or cannot be read") from None
    if len(content) < length:
        raise HTTPBadRequest("The body is shorter than its Content-Length")
    return content


def _query_fields(request: Request) -> Pairs:
    try:
        return _fields(request.query_string)
    except ValueError:
        raise HTTPBadRequest(f"A query may have {MAX_FIELDS} fields here") from None


def _fields(text: str) -> Pairs:
    """Parse a query string or a form; WebOb would take a semicolon as a separator too."""
    return list(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS))


def _read_json(text: str) -> Pairs:
    """Parse JSON (RFC 8259); a ValueError is raised for anything that parsers disagree on too."""
    pairs = json.loads(text, object_pairs_hook=_Object, parse_constant=_refuse)
    if not isinstance(pairs, _Object):
        raise ValueError("not an object")  # noqa: TRY004 - callers catch ValueError
    return list(pairs)


class _Object(list[tuple[str, Any]]):
    """The pairs of a JSON object; a dict would hide names that come twice."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")

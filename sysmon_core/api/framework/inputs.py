"""Validators for Cornice: they read the query and the body, and fill ``request.validated``.

Each raises InvalidInput with a fault for every field that does not fit, and its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPRequestEntityTooLarge,
    HTTPRequestTimeout,
    HTTPUnsupportedMediaType,
)
from pyramid.request import Request

from sysmon_core.errors import InvalidInput
from sysmon_core.metrics.field_types import kind_of
from sysmon_core.metrics.metric import Params
from sysmon_core.services.params import parse

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
JSON_ALONE = (JSON,)  # of bodies with what no form can say: an object, null
MAX_FIELDS = 100

TRUTH_WORDS = {"true": True, "1": True, "yes": True, "on": True}
TRUTH_WORDS |= {"false": False, "0": False, "no": False, "off": False}

Pairs = list[tuple[str, Any]]
Validator = Callable[..., None]
P = TypeVar("P", bound=Params)


@dataclass(frozen=True)
class Query:
    """Makes ``params`` from the query string.

    Args:
        name: that of the model's schema in the API document, if not that of its class.
        options: a model of what else the query may have. Where both have a field of one name, it
            is that of ``model``.
    """

    model: type[Params]
    name: str = ""
    options: type[Params] | None = None

    def __call__(self, request: Request, **_options: Any) -> None:
        """Fill ``request.validated``: its ``params``, and ``options`` if there are any."""
        pairs = _query_fields(request)
        if self.options is not None:
            pairs, others = _apart(pairs, self.options_beside_params())
            request.validated["options"] = _parsed(self.options, others, lambda _: "query")
        _check(request, self.model, _in_truth(self.model, pairs), lambda _: "query")

    def options_beside_params(self) -> frozenset[str]:
        """Return the names of the options that no param has."""
        names = self.options.model_fields if self.options else {}
        return frozenset(names) - frozenset(self.model.model_fields)


@dataclass(frozen=True)
class QueryAndBody:
    """Makes ``params`` from the query string and the body together; ``limit`` is in bytes.

    ``name`` is as in ``Query``.
    """

    model: type[Params]
    limit: int
    name: str = ""

    def __call__(self, request: Request, **_options: Any) -> None:
        """Fill ``request.validated``."""
        sent = _body_fields(request, self.model, self.limit)
        names = {name for name, _ in sent}
        pairs = [*_in_truth(self.model, _query_fields(request)), *sent]
        _check(request, self.model, pairs, lambda name: "body" if name in names else "query")


@dataclass(frozen=True)
class Body:
    """Makes ``params`` from the body; ``limit`` is in bytes, ``kinds`` are the media types.

    ``name`` is as in ``Query``.
    """

    model: type[Params]
    limit: int
    name: str = ""
    kinds: tuple[str, ...] = (JSON, FORM)

    def __call__(self, request: Request, **_options: Any) -> None:
        """Fill ``request.validated``."""
        pairs = _body_fields(request, self.model, self.limit, self.kinds)
        _check(request, self.model, pairs, lambda _: "body")


Reader = Query | QueryAndBody | Body


def _body_fields(
    request: Request, model: type[Params], limit: int, kinds: Sequence[str] = (JSON, FORM)
) -> Pairs:
    pairs = read_body(request, limit, kinds)
    return _in_truth(model, pairs) if request.content_type.lower() == FORM else pairs


def _in_truth(model: type[Params], pairs: Pairs) -> Pairs:
    """Put booleans in place of the words of a query or a form, where the field is one."""
    flags = {name for name, field in model.model_fields.items() if kind_of(field) is bool}
    return [
        (name, TRUTH_WORDS.get(value.lower(), value) if name in flags else value)
        for name, value in pairs
    ]


def _check(
    request: Request,
    model: type[Params],
    pairs: Iterable[tuple[str, Any]],
    place: Callable[[str], str],
) -> None:
    params = _parsed(model, pairs, place)
    request.validated["params"] = params
    request.validated["places"] = {name: place(name) for name in params.model_fields_set}


def _parsed(model: type[P], pairs: Iterable[tuple[str, Any]], place: Callable[[str], str]) -> P:
    try:
        return parse(model, pairs)
    except InvalidInput as error:
        raise InvalidInput(
            replace(one, place=place(one.name.partition(".")[0])) for one in error.faults
        ) from None


def _apart(pairs: Pairs, names: Container[str]) -> tuple[Pairs, Pairs]:
    """Part the pairs with other names from those with these names."""
    return (
        [pair for pair in pairs if pair[0] not in names],
        [pair for pair in pairs if pair[0] in names],
    )


def read_body(request: Request, limit: int, kinds: Sequence[str] = (JSON, FORM)) -> Pairs:
    """Return the fields of the body, doubled ones included; none if there is no body.

    Raises:
        HTTPRequestEntityTooLarge, HTTPUnsupportedMediaType, HTTPBadRequest: it is too large, of
            another media type, or not what its type says.
    """
    content = _content(request, limit)
    if not content:
        return []
    kind = request.content_type.lower()
    if kind not in kinds or request.charset != "UTF-8":  # in any case, or if it is missing
        raise HTTPUnsupportedMediaType(
            f"Send {' or '.join(kinds)}, in UTF-8, and say so in Content-Type"
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
        raise HTTPRequestTimeout(
            "The request timed out before its whole body had arrived: send it again"
        ) from None
    except OSError:
        raise HTTPBadRequest(
            "The connection ended before the whole body had arrived, or a chunk is malformed"
        ) from None
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
    pairs = json.loads(text, object_pairs_hook=JsonObject, parse_constant=_refuse)
    if not isinstance(pairs, JsonObject):
        raise ValueError("not an object")  # noqa: TRY004 - callers catch ValueError
    return list(pairs)


class JsonObject(list[tuple[str, Any]]):
    """The pairs of a JSON object; a dict would hide names that come twice."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")

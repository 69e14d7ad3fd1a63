from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, Strict
from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPRequestEntityTooLarge,
    HTTPUnsupportedMediaType,
)
from pyramid.request import Request

from sysmon_core import Integer, Params
from sysmon_core.api.framework.inputs import (
    FORM,
    JSON,
    MAX_FIELDS,
    Body,
    Query,
    QueryAndBody,
    Validator,
    read_body,
)
from sysmon_core.errors import InvalidInput

LIMIT = 1000


class Dive(Params):
    depth: Integer = Field(3, ge=1)
    place: Annotated[str, Strict()] = ""
    night: Annotated[bool, Strict()] = False


def make(content: str | bytes = b"", kind: str | None = JSON, path: str = "/") -> Request:
    raw = content.encode() if isinstance(content, str) else content
    headers = {} if kind is None else {"Content-Type": kind}
    request = Request.blank(path, method="POST", body=raw, headers=headers)
    request.validated = {}
    return request


def read(content: str | bytes, kind: str | None = JSON) -> list[tuple[str, Any]]:
    return read_body(make(content, kind), LIMIT)


def params(validator: Validator, request: Request) -> Dive:
    validator(request)
    found: Dive = request.validated["params"]
    return found


def faults(validator: Validator, request: Request) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        validator(request)
    assert not request.validated
    return {(fault.place, fault.name) for fault in caught.value.faults}


@given(st.dictionaries(st.text(max_size=9), st.none() | st.booleans() | st.integers() | st.text()))
def test_a_json_object_is_read_as_its_pairs(content: dict[str, object]) -> None:
    raw = json.dumps(content).encode()
    assert dict(read_body(make(raw), len(raw))) == content


def test_a_name_that_comes_twice_is_kept_twice() -> None:
    assert read('{"a": 1, "b": 2, "a": 1}') == [("a", 1), ("b", 2), ("a", 1)]
    assert read("a=1&b=2&a=1", FORM) == [("a", "1"), ("b", "2"), ("a", "1")]


@pytest.mark.parametrize(
    "content",
    [
        *("", " ", "[]", "[1]", '"a"', "1", "null", "true", "a=1"),
        *('{"a": 1', '{"a": 1}}', '{"a": 1,}', "{'a': 1}", '{"a"}', "{a: 1}", '{"a": 01}'),
        *('{"a": NaN}', '{"a": Infinity}', '{"a": -Infinity}', '{"a": [NaN]}'),
        *('\ufeff{"a": 1}', '{"a": "\n"}', '{"a": 1} // b', "[" * 900, '{"a":' * 199),
        '{"a": ' + "9" * 5000 + "}",
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_object_is_a_bad_request(content: str | bytes) -> None:
    raw = content.encode() if isinstance(content, str) else content
    if raw:
        with pytest.raises(HTTPBadRequest, match=JSON):
            read_body(make(raw), 10**6)
    else:  # nothing was sent: to say what is missing is the params' affair
        assert read(raw) == []


@pytest.mark.parametrize("piece", ["[", '{"a":'])
def test_json_deeper_than_the_stack_is_a_bad_request(piece: str) -> None:
    with pytest.raises(HTTPBadRequest):
        read_body(make('{"a":' + piece * 100_000), 10**6)


def test_a_form_is_read_as_its_pairs() -> None:
    assert read("a=1+2&b=%C3%BC&c=&d", FORM) == [("a", "1 2"), ("b", "ü"), ("c", ""), ("d", "")]
    assert read("a=ü", FORM + "; charset=UTF-8") == [("a", "ü")]


@pytest.mark.parametrize("content", [b"a=%FF", b"a=\xff", b"%C3=1", "a=1&" * MAX_FIELDS + "a=1"])
def test_what_is_no_form_is_a_bad_request(content: str | bytes) -> None:
    with pytest.raises(HTTPBadRequest, match=FORM):
        read(content, FORM)


@pytest.mark.parametrize(
    "kind",
    [
        *(JSON, JSON.upper(), f"{JSON};charset=utf-8", f'{JSON}; charset="UTF-8"'),
        f"{JSON}; charset=Utf-8",
    ],
)
def test_json_may_say_that_it_is_utf8(kind: str) -> None:
    assert read('{"a": "ü"}', kind) == [("a", "ü")]


@pytest.mark.parametrize(
    "kind",
    [
        *(None, "", "text/plain", "text/json", "application/xml", "multipart/form-data", "json"),
        *(f"{JSON}; charset=latin-1", f"{FORM}; charset=utf-16", "application/problem+json"),
    ],
)
def test_another_type_of_body_is_not_supported(kind: str | None) -> None:
    with pytest.raises(HTTPUnsupportedMediaType, match=f"Send {JSON} or {FORM}, in UTF-8"):
        read('{"a": 1}', kind)


@pytest.mark.parametrize("kind", [None, JSON, FORM, "text/plain"])
def test_no_body_is_no_pairs_whatever_its_type(kind: str | None) -> None:
    assert read(b"", kind) == []


def test_a_body_may_be_as_large_as_the_limit() -> None:
    fits = '{"a": 1}'.ljust(LIMIT)
    assert read(fits) == [("a", 1)]
    with pytest.raises(HTTPRequestEntityTooLarge, match=str(LIMIT)):
        read(fits + " ")
    with pytest.raises(HTTPRequestEntityTooLarge):
        read(fits + " ", "text/plain")


def test_a_body_that_ends_too_early_is_a_bad_request() -> None:
    request = make('{"a": 1}')
    request.environ |= {"CONTENT_LENGTH": "9", "webob.is_body_seekable": False}
    with pytest.raises(HTTPBadRequest, match=r"^The body is shorter than its Content-Length$"):
        read_body(request, LIMIT)


def test_params_are_made_of_the_query() -> None:
    assert params(Query(Dive), make(path="/?depth=5&place=%C3%BC")) == Dive(depth=5, place="ü")
    assert faults(Query(Dive), make(path="/?depth=5&depth=5&width=1")) == {
        ("query", "depth"),
        ("query", "width"),
    }


def test_a_fault_is_told_in_words() -> None:
    request = make(path="/?depth=5&depth=5")
    with pytest.raises(InvalidInput, match=r"^depth: given more than once$"):
        Query(Dive)(request)


def test_a_query_has_so_many_fields_and_no_more() -> None:
    assert params(Query(Dive), make(path="/?" + "&" * (MAX_FIELDS - 1))) == Dive()
    with pytest.raises(HTTPBadRequest, match=r"^A query may have 100 fields here$"):
        Query(Dive)(make(path="/?" + "&" * MAX_FIELDS))


def test_params_are_made_of_the_query_and_the_body_together() -> None:
    both = QueryAndBody(Dive, LIMIT)
    assert params(both, make('{"place": "a"}', path="/?depth=5")) == Dive(depth=5, place="a")
    assert params(both, make("depth=5", FORM)) == Dive(depth=5)
    assert params(both, make(kind=None)) == Dive()
    request = make('{"place": "a"}', path="/?depth=5")
    both(request)
    assert request.validated["places"] == {"place": "body", "depth": "query"}
    assert faults(both, make('{"depth": 5}', path="/?depth=5")) == {("body", "depth")}
    assert faults(both, make('{"place": 5}', path="/?depth=x")) == {
        ("body", "place"),
        ("query", "depth"),
    }


def test_params_of_a_body_do_not_come_from_the_query() -> None:
    assert params(Body(Dive, LIMIT), make("{}", path="/?depth=5")) == Dive()
    assert faults(Body(Dive, LIMIT), make('{"depth": 0}')) == {("body", "depth")}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        *((word, True) for word in ("true", "1", "yes", "on", "TRUE", "Yes")),
        *((word, False) for word in ("false", "0", "no", "off", "False", "OFF")),
        *((word, None) for word in ("", "2", "y", "t", "ja", " true", "null")),
    ],
)
def test_a_form_says_yes_and_no_in_words(word: str, meant: bool | None) -> None:
    request = make(f"night={word.replace(' ', '+')}", FORM)
    if meant is None:
        assert faults(Body(Dive, LIMIT), request) == {("body", "night")}
    else:
        assert params(Body(Dive, LIMIT), request) == Dive(night=meant)


@pytest.mark.parametrize("value", ['"true"', '"1"', "1", "0", "null"])
def test_json_has_truth_values_and_needs_no_words(value: str) -> None:
    assert params(Body(Dive, LIMIT), make('{"night": true}')) == Dive(night=True)
    assert faults(Body(Dive, LIMIT), make(f'{{"night": {value}}}')) == {("body", "night")}


def test_a_word_for_yes_is_a_text_where_texts_are() -> None:
    assert params(Body(Dive, LIMIT), make("place=true", FORM)) == Dive(place="true")

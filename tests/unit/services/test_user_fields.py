"""Validation of the fields of a user."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sysmon_core.services.user_fields import NewUser, UserChange

WHOLE = {"username": "ann", "password": "p", "fullname": "F"}


def new(**fields: Any) -> NewUser:
    return NewUser.model_validate(WHOLE | fields)


def faults(**fields: Any) -> dict[str, str]:
    """Collect the errors of each field, which are the same for a new user and a change."""
    told = []
    for model, sent in ((NewUser, WHOLE | fields), (UserChange, fields)):
        with pytest.raises(ValidationError) as caught:
            model.model_validate(sent)
        errors = caught.value.errors()
        told.append({str(e["loc"][0]): e["msg"].removeprefix("Value error, ") for e in errors})
    assert told[0] == told[1]
    return told[0]


FIRST = string.ascii_letters + string.digits
LATER = FIRST + "._@-"


@given(st.sampled_from(FIRST), st.text(LATER, max_size=63))
def test_a_name_is_of_letters_digits_and_a_few_signs(first: str, later: str) -> None:
    assert new(username=first + later).username == first + later


@given(st.text(max_size=3) | st.text(LATER, min_size=60, max_size=70))
def test_any_other_name_is_refused(name: str) -> None:
    fits = 1 <= len(name) <= 64 and name[0] in FIRST and set(name) <= set(LATER)
    if not fits:
        told = "must be 1 to 64 of ASCII letters, digits and . _ @ -, a letter or digit first"
        assert faults(username=name) == {"username": told}


@pytest.mark.parametrize(
    "name", ["ann\n", "\nann", " ann", "ünn", "a/b", "a b", "-a", ".", "a\0", ""]
)
def test_a_name_that_only_seems_to_fit_is_refused(name: str) -> None:
    assert faults(username=name).keys() == {"username"}


@pytest.mark.parametrize("field", ["fullname"])
def test_a_text_is_anything_that_a_database_takes(field: str) -> None:
    for text in ("a", " ", "ü\u0301\U0001f511", "\ud7ff\ue000\uffff", "x" * 9999):
        assert getattr(new(**{field: text}), field) == text
    told = "must not contain NUL or half a surrogate pair"
    for text in ("\0", "a\0b", "\ud800", "a\udfff", "\udbff\udc00"):
        assert faults(**{field: text}) == {field: told}
    assert faults(**{field: ""}) == {field: "must not be empty"}


def test_a_password_is_what_http_basic_authentication_can_send() -> None:
    for text in ("a", " ", "a:b", "\u00fc\u0301\U0001f511", "x" * 1024, "\u00e9" * 512):
        assert new(password=text).password == text
    for text in ("\n", "a\x01", "\x7f", "a\x85"):  # RFC 7617, 2
        assert faults(password=text) == {"password": "must not contain control characters"}
    for text in ("x" * 1025, "\u00e9" * 513):
        size = len(text.encode())
        told = f"must have at most 1024 bytes in UTF-8, and has {size}"
        assert faults(password=text) == {"password": told}
    assert faults(password="") == {"password": "must not be empty"}


CONTROLS = ["\n", "\x1b[31m", "\x7f", "\x9b31m", "\u2028", "\u202e", "\u2066", "a\tb", "ann\r"]


@pytest.mark.parametrize("text", CONTROLS)
def test_a_fullname_moves_no_cursor_and_turns_no_text_around(text: str) -> None:
    told = "must not contain control characters, line breaks or direction overrides"
    assert faults(fullname=text) == {"fullname": told}


@pytest.mark.parametrize("text", ["क्\u200dष", "山田\u3000太郎", "Ann\xa0B", "נ\u200e A"])
def test_a_fullname_is_of_any_script(text: str) -> None:
    assert new(fullname=text).fullname == text


@pytest.mark.parametrize("field", ["username", "password", "fullname"])
@pytest.mark.parametrize("value", [None, 1, 1.5, True, b"ann", ["ann"], {"a": 1}])
def test_a_text_is_a_text(field: str, value: object) -> None:
    assert faults(**{field: value}).keys() == {field}


@pytest.mark.parametrize("value", [None, 0, 1, "true", "1", "", []])
def test_a_flag_is_true_or_false(value: object) -> None:
    assert faults(admin=value).keys() == {"admin"}
    assert new(admin=True).admin is True
    assert new().admin is False


def test_a_change_declares_no_default_for_what_stays_as_it_is() -> None:
    fields = UserChange.model_json_schema()["properties"].values()
    assert [field["type"] for field in fields] == ["string", "string", "string", "boolean"]
    assert not [field for field in fields if "default" in field]
    assert NewUser.model_json_schema()["properties"]["admin"]["default"] is False

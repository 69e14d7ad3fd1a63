"""Bodies that are not what their media type says, too large or of an unsupported type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import MakeApp, MakeSettings
from tests.functional.answers import FORM, JSON
from tests.functional.v3_users.conftest import ROOT, Ask, add_root, asker, users, whole


def statuses(ask: Ask, method: str, path: str, bodies: list[Any], **more: Any) -> dict[str, int]:
    return {repr(body)[:80]: ask(method, path, body, **more).status_int for body in bodies}


NOT_JSON = [
    *(b"{", b"}", b"nonsense", b" ", b"{} {}", b"{'a': 1}", b'{"admin": true,}', b"{a: 1}"),
    *(b"[]", b"null", b"true", b"1", b'""', b'"ann"', b'[["username", "ann"]]', b"[{}]"),
    *(b'{"admin": NaN}', b'{"admin": Infinity}', b'{"admin": -Infinity}', b"NaN"),
    *(b'{"username": "a\nb"}', b'{"username": "a\0b"}', b'{"username": "\\x41"}', b"{}\0"),
    *(b"\xef\xbb\xbf{}", b'{"fullname": "\xff"}', b'{"fullname": "\xed\xa0\x80"}', b"\xff"),
    *("{}".encode("utf-16"), "{}".encode("utf-32"), b'{"a": ' + b"9" * 10_000 + b"}"),
    *(b"[" * 30_000, b'{"a":' * 10_000, b'{"username": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
]
NOT_A_FORM = [b"\xff=1", b"username=%ff", b"username=\xff", b"fullname=%ed%a0%80", b"a=1&" * 5000]


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "ann"), ("PATCH", "root")])
def test_a_body_that_does_not_match_its_media_type_is_a_400(
    ask: Ask, method: str, path: str
) -> None:
    for kind, bodies in ((JSON, NOT_JSON), (FORM, NOT_A_FORM)):
        answers = statuses(ask, method, path, bodies, kind=kind)
        assert answers == dict.fromkeys(answers, 400)
    answers = statuses(ask, method, path, [b'{"fullname": 1e999}', b'{"admin": 1e999}'])
    assert answers == dict.fromkeys(answers, 400)
    assert users(ask) == [ROOT]


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "ann"), ("PATCH", "root")])
def test_a_body_of_another_type_or_of_none_is_a_415(ask: Ask, method: str, path: str) -> None:
    kinds = ["", "text/plain", "text/json", "multipart/form-data; boundary=x", "application/xml"]
    kinds += ["application/problem+json", f"{JSON}; charset=latin-1", f"{FORM}; charset=utf-16"]
    for kind in kinds:
        assert ask(method, path, whole(), kind=kind).status_int == 415, kind
    assert users(ask) == [ROOT]


@pytest.mark.parametrize(
    "kind", [f'{JSON};charset="UTF-8"; x=y', "Application/JSON; Charset=utf-8"], ids=str
)
def test_the_type_may_be_written_in_every_way_that_means_json(ask: Ask, kind: str) -> None:
    assert ask("POST", "", whole(), kind=kind).status_int == 201


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(
    make_settings: MakeSettings, make_testapp: MakeApp
) -> None:
    ask = asker(make_testapp(make_settings(body_limit=200)))
    add_root(make_settings())
    room = 200 - len(json.dumps(whole(fullname="")))
    for method, path in (("POST", ""), ("PUT", "ann"), ("PATCH", "ann")):
        assert ask(method, path, whole(fullname="x" * (room + 1))).status_int == 413
        assert ask(method, path, b"\xff" * 201, kind="text/plain").status_int == 413
        assert ask(method, path, whole(fullname="x" * room)).status_int in {200, 201}

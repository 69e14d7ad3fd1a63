"""The header Idempotency-Key: which keys there are, quoted or bare."""

from __future__ import annotations

import pytest
from pyramid.request import Request

from sysmon_core.api.framework.idempotency import idempotency_key
from sysmon_core.errors import Fault, InvalidInput


def asking(text: str) -> Request:
    return Request.blank("/", headers={"Idempotency-Key": text})


def test_a_request_without_the_header_has_no_key() -> None:
    assert idempotency_key(Request.blank("/")) is None


@pytest.mark.parametrize(
    "key", ["k", "night-7", "XX", "k" * 255, "!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"]
)
def test_a_key_is_the_same_quoted_or_bare(key: str) -> None:
    for text in (key, f'"{key}"', f"  {key} ", f' "{key}"\t'):
        assert idempotency_key(asking(text)) == key


@pytest.mark.parametrize(
    "text", ["", " ", '"', '""', '"""', '"k', 'k"', 'a"b', "a b", '"a b"', "\xe4", "k" * 256]
)
def test_what_is_no_key_is_the_fault_of_the_header(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        idempotency_key(asking(text))
    fault = "must have 1 to 255 printable characters of ASCII, without spaces"
    assert caught.value.faults == (Fault("Idempotency-Key", fault, "header"),)

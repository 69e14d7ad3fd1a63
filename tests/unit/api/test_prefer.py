"""The preference wait of the header Prefer (RFC 7240)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.request import Request

from sysmon_core.api.framework.prefer import seconds_to_wait

LIMIT = 30


def waited(header: str) -> int:
    return seconds_to_wait(Request.blank("/", headers={"Prefer": header}), LIMIT)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5),
        ("Wait = 5", 5),
        ('wait="5"', 5),
        ("respond-async, wait=5", 5),
        ("wait=5; foo=bar", 5),
        ("wait=5, wait=9", 5),
        ('note="a, wait=9", wait=5', 5),
        ("wait=31", LIMIT),
        ("wait=999999999", LIMIT),
        ("wait=0", 0),
        ("", 0),
        ("wait", 0),
        ("wait=", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait=x, wait=5", 0),
        ("waiting=5", 0),
        ("wait=\u0665", 0),
        ("wait=99999999999", 0),
        ('wait="1', 0),
        ('note="a, wait=5', 0),
        (r'note="a\", wait=9", wait=5', 5),
    ],
)
def test_the_first_wait_counts_up_to_the_limit(header: str, seconds: int) -> None:
    assert waited(header) == seconds


def test_without_the_header_nobody_waits() -> None:
    assert seconds_to_wait(Request.blank("/"), LIMIT) == 0


def test_quotations_that_do_not_end_are_read_once() -> None:
    """A regular expression that goes back at each of them takes minutes for this one."""
    assert waited('wait=1, "' + '\\"' * 50_000) == 1


@given(st.text(alphabet=',;="\\ wait5', max_size=200))
def test_any_header_is_a_number_within_the_limit(header: str) -> None:
    assert 0 <= waited(header) <= LIMIT

"""Lists of version 4: their pages, and the params that ask for them."""

from __future__ import annotations

import pytest
from pyramid.testing import DummyRequest

from sysmon_core.api.framework.lists import ListParams, listed, next_path
from sysmon_core.errors import InvalidInput
from sysmon_core.services.params import parse


def asking(path: str, prefix: str = "") -> DummyRequest:
    return DummyRequest(script_name=prefix, path_info=path)


def test_a_page_has_its_items_and_names_the_next_one_twice() -> None:
    request = asking("/v4/metrics/")
    there = next_path(request, 2, "b=")
    assert listed(request, iter("ab"), there) == {
        "items": ["a", "b"],
        "next": "/v4/metrics/?limit=2&cursor=b%3D",
    }
    assert request.response.headers["Link"] == '</v4/metrics/?limit=2&cursor=b%3D>; rel="next"'


def test_the_last_page_names_no_other() -> None:
    request = asking("/v4/metrics/")
    assert listed(request, [], next_path(request, 2, None)) == {"items": [], "next": None}
    assert "Link" not in request.response.headers


def test_the_path_of_the_next_page_has_the_prefix_and_is_escaped() -> None:
    assert next_path(asking("/v4/a b/", "/mön"), 1, "x") == "/m%C3%B6n/v4/a%20b/?limit=1&cursor=x"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", ""])
def test_a_limit_is_1_to_200(limit: str) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        parse(ListParams, [("limit", limit)])


def test_the_limit_is_50_unless_given() -> None:
    assert parse(ListParams, []) == ListParams(limit=50, cursor=None)
    assert parse(ListParams, [("limit", "200"), ("cursor", "x")]) == ListParams(
        limit=200, cursor="x"
    )

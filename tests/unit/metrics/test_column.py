"""Kinds of columns: which a column has unless it says so, and which are refused."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from sysmon_core import Column
from sysmon_core.errors import ConfigurationError


@pytest.mark.parametrize(
    ("fields", "kind", "maximum"),
    [
        ({}, "text", None),
        ({"unit": "By"}, "gauge", None),
        ({"unit": "%"}, "gauge", 100),
        ({"unit": "%", "maximum": math.inf}, "gauge", math.inf),
        ({"unit": "%", "maximum": 800}, "gauge", 800),
        ({"unit": "%", "kind": "key"}, "key", None),
        ({"kind": "key"}, "key", None),
        ({"unit": "min", "kind": "key"}, "key", None),
        ({"unit": "1", "kind": "counter"}, "counter", None),
        ({"unit": "1", "kind": "delta", "maximum": 7}, "delta", 7),
    ],
)
def test_a_column_has_a_kind_and_perhaps_a_maximum(
    fields: dict[str, Any], kind: str, maximum: float | None
) -> None:
    column = Column("depth", "how deep", **fields)
    assert (column.kind, column.maximum) == (kind, maximum)
    assert replace(column, name="deep").kind == kind


@pytest.mark.parametrize("kind", ["keys", "Gauge", "number", 7, None.__class__])
def test_another_kind_is_refused(kind: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"depth has the kind .*: use key, gauge, .* or te"
    ):
        Column("depth", "how deep", kind=kind)


@pytest.mark.parametrize("maximum", [math.nan, "7", True])
def test_a_maximum_that_is_no_number_is_refused(maximum: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"depth has the maximum .* or math\.inf for none"):
        Column("depth", "how deep", "m", maximum=maximum)


def test_a_text_has_no_maximum() -> None:
    with pytest.raises(ConfigurationError, match="depth is a text and has a maximum"):
        Column("depth", "how deep", maximum=7)

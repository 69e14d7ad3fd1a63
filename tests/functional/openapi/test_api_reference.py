"""The reference in docs/api.md is that of the declarations."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs/api.md").read_text()
SCRIPT = runpy.run_path(str(ROOT / "docs/api_reference.py"))


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    found: dict[str, Any] = SCRIPT["document"]()
    return found


def test_the_reference_is_that_of_the_declarations(described: dict[str, Any]) -> None:
    page = PAGE.partition(SCRIPT["HEADING"])[0] + SCRIPT["reference"](described)
    assert page == PAGE, "renew it: make docs"


def test_the_reference_has_every_path_of_version_4(described: dict[str, Any]) -> None:
    paths = {path for path in described["paths"] if path.startswith(("/v4", "/session"))}
    metrics = {path for path in paths if path.startswith("/v4/metrics/")} - {"/v4/metrics/"}
    for path in paths - metrics:
        assert f" {path.replace('{', '<').replace('}', '>')}`\n" in PAGE
    assert {path.replace("/iostat", "/uptime") for path in metrics if "iostat" in path} < metrics


def test_every_link_of_the_reference_leads_somewhere(described: dict[str, Any]) -> None:
    text = SCRIPT["reference"](described)
    for name in described["components"]["schemas"]:
        if f"[{name}](" in text:
            assert f"#### `{name}`\n" in text

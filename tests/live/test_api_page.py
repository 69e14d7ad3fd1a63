"""docs/api.md: each command does on a real sysmon what the page shows."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import ROOT
from tests.live.make_run.conftest import admin
from tests.support.api_page import Example, Shell, Shown, parts_of
from tests.support.json_text import read_back
from tests.support.likeness import likeness, masked
from tests.support.site import Site, welcomed

pytestmark = pytest.mark.timeout(120)  # it starts a whole copy

PAGE = (ROOT / "docs/api.md").read_text()
EXAMPLES = [part for part in parts_of(PAGE) if isinstance(part, Example)]
RENEW = "docs/api.md shows another answer; if that is meant: make docs-examples"


def split(output: str) -> tuple[list[str], str]:
    """The headers of an output, and its body."""
    if not output.startswith("HTTP/"):
        return [], output
    head, _, body = output.partition("\n\n")
    return head.splitlines(), body


def unlike(one: Example, given: Shown) -> str | None:
    """Say in what an answer differs from the page; None if it does not."""
    headers, body = split(one.output)
    given_headers, given_body = split(given.text(one.command))
    if list(map(masked, headers)) != list(map(masked, given_headers)):
        return f"{headers} is {given_headers}"
    if body.startswith(("{", "[")):
        return likeness(read_back(body), json.loads(given.body))
    if "format=csv" in one.command:
        return None if body.split("\n")[0] == given_body.split("\n")[0] else given_body
    return None if bool(body) == bool(given_body) else given_body


def test_the_page_is_made_of_its_examples() -> None:
    assert "".join(map(str, parts_of(PAGE))) == PAGE
    assert len(EXAMPLES) > 20


def test_each_command_answers_as_the_page_shows(site: Site) -> None:
    copy = welcomed(site.run())
    shell = Shell(f"http://127.0.0.1:{site.port}", admin(copy), site.folder)
    for one in EXAMPLES:
        if given := shell.run(one.command):
            assert not (said := unlike(one, given)), f"{one.command}\n{said}\n{RENEW}"


def test_no_line_of_a_command_is_broken_by_a_page_of_80_columns() -> None:
    assert [one.lines for one in EXAMPLES if re.search(r"^.{81,}$", one.lines, re.MULTILINE)] == []

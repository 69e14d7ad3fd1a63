"""Rewrites the outputs of the examples in docs/api.md: starts a sysmon and runs them on it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/api.md"
sys.path.insert(0, str(ROOT))

from tests.live.make_run.conftest import admin  # noqa: E402 - found by the line above
from tests.support.api_page import COPIED, PROMPT, Example, Shell, parts_of  # noqa: E402
from tests.support.site import new_site, welcomed  # noqa: E402

URL = "http://127.0.0.1:6543"


def renewed(page: str, shell: Shell) -> str:
    """Return the page with the outputs that its commands have now."""
    parts = parts_of(page)
    for one in parts:
        if isinstance(one, Example):
            _renew(one, shell)
    return "".join(map(str, parts))


def _renew(one: Example, shell: Shell) -> None:
    shown = shell.run(one.command)
    if shown:
        one.output = shown.text(one.command).replace(shell.url, URL)
        return
    name, _, _ = one.command.partition("=")
    if name in COPIED:
        one.lines = f"{PROMPT}{name}={shlex.quote(shell.variables[name])}"


if __name__ == "__main__":
    with new_site() as site:
        copy = welcomed(site.run())
        shell = Shell(f"http://127.0.0.1:{site.port}", admin(copy), site.folder)
        PAGE.write_text(renewed(PAGE.read_text(), shell))

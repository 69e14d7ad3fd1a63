"""A real browser: Chromium as the package manager has it, driven by Playwright."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "Chromium is not installed: make browser-programs"
TIMEOUT_MS = 20_000  # for what takes a moment, so that a busy machine is no failure


def program() -> str:
    """The path of Chromium; the test is skipped without it, but fails where CI runs."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return found


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """A browser; its sandbox needs a user that is not root."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=options)
        yield browser
        browser.close()


class Watched:
    """A page of which all is remembered that no page of ours may do.

    Args:
        allowed: statuses of responses that are part of the test; Chromium logs each above 400.
    """

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self.requests: list[str] = []
        self._origin = origin
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.faults.append(f"{message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        self.requests.append(request.url.removeprefix(self._origin))
        if not request.url.startswith(self._origin):
            self.faults.append(f"a request to {request.url}")

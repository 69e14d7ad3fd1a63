"""A real browser: Chromium as the package manager has it, driven by Playwright."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sysmon_core.testing import until
from tests.support.client import HOST

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
    """A browser, without a window on any screen."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=_options())
        yield browser
        browser.close()


@contextlib.contextmanager
def tabs(browser: Browser) -> Iterator[BrowserContext]:
    """A window whose tabs hide each other; Playwright has every page of its own seen always."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        options = [*_options(), "--headless", "--remote-debugging-port=0", "--no-first-run"]
        words = [program(), *options, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        told = folder / "DevToolsActivePort"
        until(lambda: told.exists() and "\n" in told.read_text())
        address = f"http://{HOST}:{told.read_text().split()[0]}"
        window = browser.browser_type.connect_over_cdp(address, no_defaults=True)
        stack.callback(window.close)
        yield window.contexts[0]


def _options() -> list[str]:
    return ["--no-sandbox"] if os.geteuid() == 0 else []  # the sandbox refuses root


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

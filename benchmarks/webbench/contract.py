"""Holds the server that is measured to the contract: nothing of it bends for speed."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.parse import quote

from benchmarks.common.environments import ROOT
from benchmarks.common.figures import say
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.ours import PASSWORD, USER
from benchmarks.webbench.server import HOST, Server

TESTS = "tests/live/contract"
LONGEST = 180  # seconds


def hold(bench: Bench, server: Server, named: str) -> None:
    """Run the functional tests of the contract against it."""
    url = f"http://{USER}:{quote(PASSWORD)}@{HOST}:{server.port}"
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", TESTS, f"--server={url}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", _last(done.stdout))}
    wrong = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
    if done.returncode:
        say(done.stdout[-5000:] + done.stderr[-1000:])
        wrong = max(wrong, 1)
    text = f"of {counts.get('passed', 0) + wrong} tests of the contract, {named}, those that failed"
    bench.results.promise(text, wrong, 0)


def _last(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]

"""Whether the server that is measured does all that it promises, with one process and with two."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from urllib.parse import quote

from benchmarks.common.environments import ROOT
from benchmarks.common.figures import say
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.load import LINES, command
from benchmarks.webbench.ours import PASSWORD, USER
from benchmarks.webbench.server import HOST, Answer, Server, Target

CONTRACT = "tests/live/contract"
CONTRACT_SECONDS = 180
ASKED = 40  # answers whose age is looked at
PAUSE_SECONDS = 0.05  # between two of them: the whole takes longer than a report is shown
MAX_AGE_SECONDS = 1
DAY_SECONDS = 86400


def run(bench: Bench) -> None:
    """Hold it to the contract, and look at how old its answers are under load."""
    site = bench.site()
    worker = site.worker()
    try:
        for processes, named in ((1, "one process"), (2, "two processes")):
            with site.server(processes).running() as server:
                _contract(bench, server, named)
                if processes == 1:
                    _age_under_load(bench, Target("sysmon", server))
    finally:
        worker.stop()


def _contract(bench: Bench, server: Server, named: str) -> None:
    """Run the tests of the contract against it."""
    url = f"http://{USER}:{quote(PASSWORD)}@{HOST}:{server.port}"
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", CONTRACT, f"--server={url}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=CONTRACT_SECONDS,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or [""])[-1]
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", last)}
    wrong = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
    if done.returncode:
        say(done.stdout[-5000:] + done.stderr[-1000:])
        wrong = max(wrong, 1)
    bench.results.promise(f"tests of the contract, {named}, that failed", wrong, 0)


def _age_under_load(bench: Bench, target: Target) -> None:
    """Ask again and again while wrk does the same."""
    with subprocess.Popen(  # noqa: S603 - our own words
        command(target, LINES, ASKED * PAUSE_SECONDS + 1), stdout=subprocess.DEVNULL
    ):
        found = []
        for _ in range(ASKED):
            sent = time.time()
            found.append((sent, target.check()))
            time.sleep(PAUSE_SECONDS)
    silent = sum(not _states_its_age(answer) for _, answer in found)
    text = f"of {ASKED} answers under load, those without their age in headers"
    bench.results.promise(text, silent, 0)
    oldest = max(_age(sent, answer) for sent, answer in found)
    bench.results.promise("their age in seconds, at least", oldest, MAX_AGE_SECONDS)


def _states_its_age(answer: Answer) -> bool:
    """Whether both headers say that it is no older than it may be (RFC 9111, 5.1 and 5.2)."""
    age = answer.headers.get("age", "")
    lasts = re.search(r"\bmax-age=(\d+)\b", answer.headers.get("cache-control", ""))
    fresh = lasts is not None and int(lasts[1]) <= MAX_AGE_SECONDS
    return fresh and age.isdigit() and int(age) <= MAX_AGE_SECONDS


def _age(sent: float, answer: Answer) -> float:
    """Seconds from the end of the second that the program printed to when it was asked for."""
    told = re.search(r"(\d\d):(\d\d):(\d\d) up", answer.body)
    if told is None:
        raise RuntimeError(f"no time of day in {answer.body}")
    hours, minutes, seconds = map(int, told.groups())
    here = time.localtime(sent)
    of_day = here.tm_hour * 3600 + here.tm_min * 60 + here.tm_sec + sent % 1
    age = of_day - (hours * 3600 + minutes * 60 + seconds)
    return max(0.0, (age + DAY_SECONDS / 2) % DAY_SECONDS - DAY_SECONDS / 2 - 1)

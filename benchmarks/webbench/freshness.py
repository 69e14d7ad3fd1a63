"""How old the answers of a loaded server are, and whether they say so."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass

from benchmarks.webbench.load import LINES, command
from benchmarks.webbench.server import Answer, Target

ASKED = 40
PAUSE = 0.05  # seconds between two of them: the whole takes longer than a reading may be kept
OLDEST = 1  # seconds
DAY = 86400


@dataclass(frozen=True)
class Freshness:
    """Of all answers: how many did not tell their age, and what age the oldest surely had."""

    silent: int
    oldest: float


def under_load(target: Target) -> Freshness:
    """Ask again and again while wrk does the same."""
    with subprocess.Popen(  # noqa: S603 - our own words
        command(target, LINES, ASKED * PAUSE + 1), stdout=subprocess.DEVNULL
    ):
        found = []
        for _ in range(ASKED):
            sent = time.time()
            found.append((sent, target.check()))
            time.sleep(PAUSE)
    return Freshness(
        silent=sum(not _tells(answer) for _, answer in found),
        oldest=max(_age(sent, answer) for sent, answer in found),
    )


def _tells(answer: Answer) -> bool:
    """Whether both headers say that it is no older than it may be (RFC 9111, 5.1 and 5.2)."""
    age = answer.headers.get("age", "")
    lasts = re.search(r"\bmax-age=(\d+)\b", answer.headers.get("cache-control", ""))
    return age.isdigit() and int(age) <= OLDEST and lasts is not None and int(lasts[1]) <= OLDEST


def _age(sent: float, answer: Answer) -> float:
    """Seconds from the end of the second that the program tells to when it was asked for."""
    told = re.search(r"(\d\d):(\d\d):(\d\d) up", answer.body)
    if told is None:
        raise RuntimeError(f"no time of day in {answer.body}")
    hours, minutes, seconds = map(int, told.groups())
    here = time.localtime(sent)
    of_day = here.tm_hour * 3600 + here.tm_min * 60 + here.tm_sec + sent % 1
    age = (of_day - (hours * 3600 + minutes * 60 + seconds) + DAY / 2) % DAY - DAY / 2
    return max(0.0, age - 1)

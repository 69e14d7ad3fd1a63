"""How long the host has been up, how many users it has and how loaded it is."""

import re
from pathlib import Path
from typing import Any

from sysmon_core import Column, Command, Params, Row, hookimpl

KERNEL_CLOCK = Path("/proc/uptime")  # of Linux, see proc(5)
MINUTE_SECONDS = 60
LATE_SECONDS = 5  # between the program's look at the clock and ours

COLUMNS = [
    Column(
        "uptime",
        "time since boot, in whole minutes where the kernel does not tell it better",
        "s",
        source="uptime_total_seconds",
    ),
    Column("users", "users logged in", "1"),
    Column("load_1m", "processes that run or wait, over 1 minute", "1"),
    Column("load_5m", "the same over 5 minutes", "1"),
    Column("load_15m", "the same over 15 minutes", "1"),
]


DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
WHOLE_HOURS = re.compile(r"\b(\d+) hrs?\b")
SECONDS = re.compile(r"\b\d+ secs?\b")


def prepare(text: str) -> str:
    """Rewrite the times of BSD and macOS, and decimal commas, in the form of Linux.

    Both are bugs of jc's parser (1.26.1): it looks for "day", "min" and a colon alone, so that
    "11 days, 16 hrs" becomes 11 days and "31 secs" nothing, and it drops a decimal comma, so that
    a load of "0,58" becomes 58.
    """
    text = DECIMAL_COMMA.sub(".", text)
    return SECONDS.sub("0 min", WHOLE_HOURS.sub(r"\1:00", text))


def uptime(clock: Path = KERNEL_CLOCK) -> Command:
    """Make the metric; the clock is a file that begins with the seconds since boot."""

    def to_the_second(parsed: list[Row], _params: Params) -> list[Row]:
        return [row | precise(row.get("uptime_total_seconds"), clock) for row in parsed]

    return Command(
        name="uptime",
        title="Uptime and load",
        description="The time, the time since boot, users logged in, and the load averages "
        "over 1, 5 and 15 minutes, as uptime(1) prints them.",
        program="uptime",
        package="procps",
        strip=True,
        lifetime=1,
        parser="uptime",
        prepare=prepare,
        rows=to_the_second,
        columns=COLUMNS,
        position=10,
    )


def precise(told: Any, clock: Path) -> Row:
    """Return the kernel's seconds where they are those that the program has cut to minutes."""
    try:
        seconds = float(clock.read_text().split()[0])
    except (OSError, ValueError, IndexError):  # another system, or a container without the file
        return {}
    if not isinstance(told, int) or not 0 <= int(seconds) - told < MINUTE_SECONDS + LATE_SECONDS:
        return {}
    return {"uptime_total_seconds": seconds}


@hookimpl
def sysmon_metrics() -> list[Command]:
    """Declare the one metric of this plugin."""
    return [uptime()]

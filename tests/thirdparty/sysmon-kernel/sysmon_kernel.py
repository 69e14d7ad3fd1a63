"""The kernel's name and release, and how regularly it wakes those who sleep."""

import time
from collections.abc import Iterator

from sysmon_core import Column, Command, Field, Integer, Metric, Params, Row, Run, hookimpl

TENTH = 0.1


class BeatParams(Params):
    """How many beats are listened to."""

    beats: Integer = Field(
        5,
        ge=1,
        le=3000,
        description="Beats, a tenth of a second apart",
        json_schema_extra={"unit": "1"},
    )


def beat(params: BeatParams, run: Run) -> Iterator[Row]:
    """Sleep for a tenth of a second, as often as asked, and tell how late each waking is."""
    for number in range(params.beats):
        begin = time.monotonic()
        run.sleep(TENTH)
        yield {"beat": number + 1, "late": time.monotonic() - begin - TENTH}


@hookimpl
def sysmon_metrics() -> list[Metric]:
    """Two metrics: a program's output, and rows that come one after another."""
    return [
        Command(
            name="kernel",
            title="Kernel",
            description="The kernel's name, release and version, as uname(1) prints them.",
            program="uname",
            package="coreutils",
            arguments=lambda _params, _platform: ["-a"],
            strip=True,
            parser="uname",
            columns=[
                Column("name", "the kernel's name", source="kernel_name"),
                Column("release", "its release", source="kernel_release"),
                Column("machine", "the kind of machine it runs on"),
            ],
        ),
        Metric(
            name="beat",
            title="Punctuality",
            description="How late the kernel wakes a process that sleeps for a tenth of a second.",
            params=BeatParams,
            function=beat,
            duration=lambda params: params.beats * TENTH,
            columns=[
                Column("beat", "the number of the waking", "1"),
                Column("late", "time beyond the tenth of a second", "s"),
            ],
        ),
    ]

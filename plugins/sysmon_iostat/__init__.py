"""What the host's disks read and write, report by report."""

import re
from collections.abc import Iterator

from sysmon_core import Column, Command, IntervalParams, hookimpl, interval_duration

KIB = 1024  # bytes: iostat's kB

# An older iostat does not print discards: its rows have null there.
COLUMNS = [
    Column("device", "the disk", kind="key"),
    Column("transfers", "requests to the disk", "1/s", source="tps"),
    Column("read_rate", "what is read", "By/s", source="kb_read_s", scale=KIB),
    Column("write_rate", "what is written", "By/s", source="kb_wrtn_s", scale=KIB),
    Column("discard_rate", "what is discarded", "By/s", source="kb_dscd_s", scale=KIB),
    Column(
        "read",
        "what was read in all, within the report",
        "By",
        source="kb_read",
        scale=KIB,
        kind="delta",
    ),
    Column(
        "written", "what was written, likewise", "By", source="kb_wrtn", scale=KIB, kind="delta"
    ),
    Column(
        "discarded", "what was discarded, likewise", "By", source="kb_dscd", scale=KIB, kind="delta"
    ),
]


DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
SPACE = r"\x20"  # in a name, as udev writes it


class IostatParams(IntervalParams):
    """How many reports, how far apart."""


def arguments(params: IostatParams, platform: str) -> list[str]:
    """Return the words after ``iostat``, in the style of the platform's own program."""
    count, wait = str(params.count), str(params.wait)
    if platform == "darwin":
        return ["-d", "-c", count, "-w", wait]
    return ["-d", wait, count]


def prepare(lines: Iterator[str]) -> Iterator[str]:
    """Rewrite decimal commas, and white space in the names of devices; leave out other tables.

    Both are bugs of jc's parser (1.26.1): it drops the comma, so that 48,69 becomes 4869, and takes
    the words of a name for numbers, so that each number stands in another's column.
    """
    numbers = 0  # in each row below a heading
    for line in lines:
        row = DECIMAL_COMMA.sub(".", line)
        if row.startswith("Device"):
            numbers = len(row.split()) - 1
            yield row
        elif numbers and row.strip():
            name, *rest = row.rsplit(maxsplit=numbers)
            yield " ".join([SPACE.join(name.split()), *rest])


@hookimpl
def sysmon_metrics() -> list[Command]:
    """Declare the one metric of this plugin."""
    return [
        Command(
            name="iostat",
            title="Disk activity",
            description="Transfers and throughput of each disk, as iostat(1) prints them. "
            "The first report covers the time since boot, each later one the time since the one "
            "before. There are no rows on macOS, whose iostat prints another table.",
            params=IostatParams,
            duration=interval_duration,
            since_boot=True,
            program="iostat",
            package="sysstat",
            arguments=arguments,
            parser="iostat_s",
            prepare=prepare,
            columns=COLUMNS,
            position=20,
        )
    ]

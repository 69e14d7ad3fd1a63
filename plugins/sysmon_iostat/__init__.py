"""What the host's disks read and write, report by report."""

from sysmon_core import Column, Command, IntervalParams, hookimpl, interval_duration

KIB = 1024  # bytes: iostat's kB

# An older iostat does not print discards: its rows have null there.
COLUMNS = [
    Column("device", "the disk"),
    Column("transfers", "requests to the disk", "1/s", source="tps"),
    Column("read_rate", "what is read", "By/s", source="kb_read_s", scale=KIB),
    Column("write_rate", "what is written", "By/s", source="kb_wrtn_s", scale=KIB),
    Column("discard_rate", "what is discarded", "By/s", source="kb_dscd_s", scale=KIB),
    Column("read", "what was read in all, within the report", "By", source="kb_read", scale=KIB),
    Column("written", "what was written, likewise", "By", source="kb_wrtn", scale=KIB),
    Column("discarded", "what was discarded, likewise", "By", source="kb_dscd", scale=KIB),
]


class IostatParams(IntervalParams):
    """How many reports, how far apart."""


def arguments(params: IostatParams, platform: str) -> list[str]:
    """Return the words after ``iostat``, in the style of the platform's own program."""
    count, wait = str(params.count), str(params.wait)
    if platform == "darwin":
        return ["-d", "-c", count, "-w", wait]
    return ["-d", wait, count]


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
            program="iostat",
            package="sysstat",
            arguments=arguments,
            parser="iostat",
            columns=COLUMNS,
            position=20,
        )
    ]

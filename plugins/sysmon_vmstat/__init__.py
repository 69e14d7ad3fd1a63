"""What the host's memory, swap and processors do, report by report; on Linux alone."""

from sysmon_core import Column, Command, IntervalParams, hookimpl, interval_duration

KIB = 1024  # bytes: vmstat's unit of memory and swap, and its block

COLUMNS = [
    Column("runnable", "processes that run or wait for a processor", "1", source="runnable_procs"),
    Column(
        "blocked",
        "processes that wait for a disk and cannot be interrupted",
        "1",
        source="uninterruptible_sleeping_procs",
    ),
    Column("swap_used", "memory swapped out", "By", source="virtual_mem_used", scale=KIB),
    Column("free", "idle memory", "By", source="free_mem", scale=KIB),
    Column("buffers", "memory used as buffers", "By", source="buffer_mem", scale=KIB),
    Column("cache", "memory used as cache", "By", source="cache_mem", scale=KIB),
    Column("swap_in_rate", "memory swapped in", "By/s", source="swap_in", scale=KIB),
    Column("swap_out_rate", "memory swapped out", "By/s", source="swap_out", scale=KIB),
    Column("read_rate", "what is read from disks", "By/s", source="blocks_in", scale=KIB),
    Column("write_rate", "what is written to disks", "By/s", source="blocks_out", scale=KIB),
    Column("interrupts", "interrupts, the clock's included", "1/s"),
    Column("context_switches", "switches from one process to another", "1/s"),
    Column("user", "processor time in programs", "%", source="user_time"),
    Column("system", "processor time in the kernel", "%", source="system_time"),
    Column("idle", "processor time without work", "%", source="idle_time"),
    Column("io_wait", "processor time without work but for disks", "%", source="io_wait_time"),
    Column("stolen", "processor time that the hypervisor gave others", "%", source="stolen_time"),
]


class VmstatParams(IntervalParams):
    """How many reports, how far apart."""


def arguments(params: VmstatParams, _platform: str) -> list[str]:
    """Return the words after ``vmstat``.

    They ask for wide columns, since the memory of today does not fit the usual ones.
    """
    return ["-w", str(params.wait), str(params.count)]


@hookimpl
def sysmon_metrics() -> list[Command]:
    """Declare the one metric of this plugin."""
    return [
        Command(
            name="vmstat",
            title="Memory and processors",
            description="Memory, swap, disk traffic and processor time of the whole host, as "
            "vmstat(8) of Linux prints them; macOS has no such program. The rates and shares of "
            "the first report cover the time since boot, of each later one the time since the "
            "one before.",
            params=VmstatParams,
            duration=interval_duration,
            since_boot=True,
            program="vmstat",
            package="procps",
            arguments=arguments,
            parser="vmstat_s",
            columns=COLUMNS,
            position=30,
        )
    ]

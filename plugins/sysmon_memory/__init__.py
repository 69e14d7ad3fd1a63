"""How much memory and swap the host has, and what is in use."""

import psutil

from sysmon_core import Column, Metric, Params, Row, Run, hookimpl

COLUMNS = [
    Column("total", "all of the memory", "By"),
    Column("available", "what programs can get without swapping", "By"),
    Column("used", "memory that programs cannot get: the total less the available", "By"),
    Column("used_share", "share of the total that is used", "%"),
    Column("free", "what nothing uses, not even a cache", "By"),
    Column("buffers", "memory used as buffers", "By"),
    Column("cached", "memory used as cache", "By"),
    Column("shared", "memory of several programs, and files in memory", "By"),
    Column("swap_total", "all of the swap", "By"),
    Column("swap_used", "swap that is in use", "By"),
    Column("swap_free", "swap that is not", "By"),
    Column("swap_used_share", "share in use of the swap", "%"),
    Column("swapped_in", "what was read from swap since boot", "By", kind="counter"),
    Column("swapped_out", "what was written to swap since boot", "By", kind="counter"),
]
TOLD_BY_SOME = ("buffers", "cached", "shared")  # macOS tells none of these


def read(_params: Params, _run: Run) -> list[Row]:
    """Collect the one row, with None for what the platform does not tell."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    row = {
        "total": memory.total,
        "available": memory.available,
        # What psutil calls used is counted differently by platform and version.
        "used": memory.total - memory.available,
        "used_share": memory.percent,
        "free": memory.free,
        "swap_total": swap.total,
        "swap_used": swap.used,
        "swap_free": swap.free,
        "swap_used_share": swap.percent,
        "swapped_in": swap.sin,
        "swapped_out": swap.sout,
    } | {name: getattr(memory, name, None) for name in TOLD_BY_SOME}
    return [{column.name: row[column.name] for column in COLUMNS}]


@hookimpl
def sysmon_metrics() -> list[Metric]:
    """Declare the one metric of this plugin."""
    return [
        Metric(
            name="memory",
            title="Memory and swap",
            description="How much memory and swap the host has, and what is in use, at this "
            "moment; what was swapped is counted since boot. A value that the platform does not "
            "tell is missing.",
            columns=COLUMNS,
            function=read,
            lifetime=1,
            position=60,
        )
    ]

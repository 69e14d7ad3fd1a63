"""What each network interface has received and sent."""

from typing import Any

import psutil

from sysmon_core import (
    Column,
    Field,
    Metric,
    MetricFailed,
    Params,
    Row,
    Run,
    field_validator,
    hookimpl,
)

MEGABIT = 1_000_000  # bits: psutil's unit of speed

# Neither IP nor MAC addresses: version 1 is open to all, and they tell of networks behind the host.
COLUMNS = [
    Column("interface", "the name of the interface", kind="key"),
    Column("up", "whether the interface is up and has a link"),
    Column("speed", "the speed of the link", "bit/s"),
    Column("mtu", "the size of the largest packet", "By"),
    Column("received", "what was received", "By", kind="counter"),
    Column("sent", "what was sent", "By", kind="counter"),
    Column("packets_received", "packets that were received", "1", kind="counter"),
    Column("packets_sent", "packets that were sent", "1", kind="counter"),
    Column("errors_received", "packets that came damaged", "1", kind="counter"),
    Column("errors_sent", "packets that could not be sent", "1", kind="counter"),
    Column("drops_received", "packets that were received and dropped", "1", kind="counter"),
    Column("drops_sent", "packets that were dropped before they were sent", "1", kind="counter"),
]
COUNTERS = {  # psutil's names, by ours
    "received": "bytes_recv",
    "sent": "bytes_sent",
    "packets_received": "packets_recv",
    "packets_sent": "packets_sent",
    "errors_received": "errin",
    "errors_sent": "errout",
    "drops_received": "dropin",
    "drops_sent": "dropout",
}


class NetworkParams(Params):
    """Which network interfaces."""

    interface: str = Field(
        "",
        max_length=255,
        examples=["lo"],
        description="One interface, by its name; without it, all of them, loopback included",
    )

    @field_validator("interface")
    @classmethod
    def _is_there(cls, interface: str) -> str:
        if interface and interface not in map(shown, counted()):
            raise ValueError("there is no such interface: leave it out to see which there are")
        return interface


def counted() -> dict[str, Any]:
    """Return psutil's counters of each interface, as the kernel has them.

    psutil would add up counters that wrap, but from one call to the next of this process, so that
    two processes would tell different numbers.
    """
    return psutil.net_io_counters(pernic=True, nowrap=False)


def states() -> dict[str, Any]:
    """Return what else psutil knows of each interface; nothing if the system does not tell.

    psutil asks by name, and fails for all where one name is no UTF-8.
    """
    try:
        return psutil.net_if_stats()
    except (OSError, UnicodeError):
        return {}


def shown(name: str) -> str:
    r"""Write a name so that JSON can carry it: bytes that are no UTF-8 as escapes.

    Two such names stay two, as keys must, and a caller may ask for either as it is shown.
    """
    return name.encode("utf-8", "backslashreplace").decode()


def row_of(name: str, state: Any, counters: Any) -> Row:
    """Make the row of an interface, with None for what is not told, as while it vanishes."""
    row = {
        "interface": shown(name),
        "up": state and state.isup,
        "speed": state and (state.speed * MEGABIT or None),  # psutil has 0 where it does not know
        "mtu": state and state.mtu,
    }
    return row | {ours: getattr(counters, theirs, None) for ours, theirs in COUNTERS.items()}


def read(params: NetworkParams, _run: Run) -> list[Row]:
    """Collect the rows, in the order of the names."""
    counters, state = counted(), states()
    names = sorted(counters.keys() | state.keys())
    rows = [row_of(name, state.get(name), counters.get(name)) for name in names]
    wanted = [row for row in rows if params.interface in {"", row["interface"]}]
    if params.interface and not wanted:
        raise MetricFailed("The interface is not there any more")
    return wanted


@hookimpl
def sysmon_metrics() -> list[Metric]:
    """Declare the one metric of this plugin."""
    return [
        Metric(
            name="network",
            title="Network traffic",
            description="What each network interface has received and sent since it was made, as "
            "the kernel counts it: a counter begins at 0 again if its interface is made anew. A "
            "value that the system does not tell is missing.",
            params=NetworkParams,
            columns=COLUMNS,
            function=read,
            lifetime=1,
            position=70,
        )
    ]

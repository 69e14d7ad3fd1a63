"""How long the host has been up, how many users it has and how loaded it is."""

from sysmon_core import Column, Command, hookimpl

COLUMNS = [
    Column("uptime", "time since boot, in whole minutes", "s", source="uptime_total_seconds"),
    Column("users", "users logged in", "1"),
    Column("load_1m", "processes that run or wait, over 1 minute", "1"),
    Column("load_5m", "the same over 5 minutes", "1"),
    Column("load_15m", "the same over 15 minutes", "1"),
]


@hookimpl
def sysmon_metrics() -> list[Command]:
    """Declare the one metric of this plugin."""
    return [
        Command(
            name="uptime",
            title="Uptime and load",
            description="The time, the time since boot, users logged in, and the load averages "
            "over 1, 5 and 15 minutes, as uptime(1) prints them.",
            program="uptime",
            package="procps",
            strip=True,
            lifetime=1,
            parser="uptime",
            columns=COLUMNS,
            position=10,
        )
    ]

"""How long the host has been up, how many users it has and how loaded it is."""

from sysmon_core import Command, hookimpl


@hookimpl
def sysmon_metrics() -> list[Command]:
    """The one metric of this plugin."""
    return [
        Command(
            name="uptime",
            title="Uptime and load",
            description="The time, the time since boot, users logged in, and the load averages "
            "over 1, 5 and 15 minutes, as uptime(1) prints them.",
            program="uptime",
            package="procps",
            strip=True,
            parser="uptime",
            position=10,
        )
    ]

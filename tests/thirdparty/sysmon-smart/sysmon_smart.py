"""What drives tell of their health by SMART, as smartctl(8) reads it.

Only root may ask a drive. So where sysmon may not, a socket gives what a unit of root's reads:
see the folder ``units`` of this distribution.
"""

import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sysmon_core import Column, Host, Metric, MetricFailed, Params, Row, Run, hookimpl

SOCKET = "/run/smart-for-sysmon.sock"
NO_RIGHT = (
    f"Only root may ask drives, and there is no {SOCKET}: install and start "
    "smart-for-sysmon.socket, which sysmon-smart has in its folder units"
)
NO_PROGRAM = "The program smartctl is not on this host: install the package smartmontools"
DRIVE_OPTIONS = ["--json=c", "--nocheck=standby", "--health", "--attributes", "--info"]
ALL_STATUSES = range(256)  # the bits of the status tell of drives too: the JSON has all of it
CAP_SYS_RAWIO = 1 << 17
DATA_UNIT_BYTES = 512_000  # of NVMe
WRITTEN_UNITS = {  # bytes, by the names of attributes; None: the drive's logical block
    "Total_LBAs_Written": None,
    "Host_Writes_32MiB": 32 << 20,
    "Host_Writes_MiB": 1 << 20,
    "Host_Writes_GiB": 1 << 30,
    "Lifetime_Writes_GiB": 1 << 30,
    "Total_Writes_GiB": 1 << 30,
}
LIFE_LEFT = {  # attributes whose value falls from 100
    "Media_Wearout_Indicator",
    "Percent_Lifetime_Remain",
    "SSD_Life_Left",
    "Wear_Leveling_Count",
}


def may_ask_drives() -> bool:
    """Whether this process may send commands to drives."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:  # another system than Linux
        return os.geteuid() == 0
    return bool(int(status.partition("CapEff:")[2].split()[0], 16) & CAP_SYS_RAWIO)


def smart(run: Run, socket: str, allowed: bool) -> list[Row]:
    """Ask every drive; a row for each."""
    if allowed:
        return rows(list(asked(run)))
    text = run.read_socket(socket)
    if not text.strip():
        raise MetricFailed(f"{socket} gave nothing: see journalctl -u 'smart-for-sysmon@*'")
    return rows([document(line) for line in text.splitlines() if line.strip()])


def asked(run: Run) -> Iterator[Row]:
    """Run smartctl, once for a list of drives and once for each; give its documents."""

    def smartctl(*words: str) -> Row:
        output = run.program(["smartctl", *words], statuses=ALL_STATUSES, package="smartmontools")
        return document(output.text)

    scan = smartctl("--scan-open", "--json=c")
    yield scan
    for drive in scan.get("devices", ()):
        if "open_error" not in drive:
            yield smartctl(*DRIVE_OPTIONS, f"--device={drive['type']}", drive["name"])


def document(text: str) -> Row:
    """Read a document of smartctl."""
    try:
        read = json.loads(text)
        _ = read["smartctl"]["argv"]
    except (ValueError, LookupError, TypeError) as error:
        begun = text.strip().partition("\n")[0][:80]
        raise MetricFailed(f"smartctl must be of version 7 or later; it said: {begun}") from error
    return dict(read)


def rows(documents: list[Row]) -> list[Row]:
    """Make a row for each drive, those that did not let themselves be opened included."""
    found = []
    for one in documents:
        if "--scan-open" in one["smartctl"]["argv"]:
            found += [row(drive, {}) for drive in one.get("devices", ()) if "open_error" in drive]
        else:
            found.append(row(one.get("device") or {"name": one["smartctl"]["argv"][-1]}, one))
    return found


def row(drive: Row, told: Row) -> Row:
    """Read what one drive told; it may have told nothing."""
    passed = at(told, "smart_status", "passed")
    said = [message["string"] for message in at(told, "smartctl", "messages") or ()]
    hours, minutes = (at(told, "power_on_time", unit) for unit in ("hours", "minutes"))
    several = "," in drive.get("type", "")  # drives behind a controller share its name
    return {
        "device": f"{drive['name']} {drive['type']}" if several else drive["name"],
        "model": told.get("model_name") or told.get("scsi_model_name"),
        "passed": passed,
        "temperature": at(told, "temperature", "current"),
        "powered": None if hours is None else 3600 * hours + 60 * (minutes or 0),
        "written": written(told),
        "wear": wear(told),
        "remark": drive.get("open_error") or ("; ".join(said) if passed is None else None) or None,
    }


def at(value: Any, *names: str) -> Any:
    """Give what is at the end of these names; None if one of them is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def attributes(told: Row) -> Iterator[tuple[str, Row]]:
    """Give the attributes of an ATA drive by name."""
    yield from ((one["name"], one) for one in at(told, "ata_smart_attributes", "table") or ())


def written(told: Row) -> int | None:
    """Bytes that were written to the drive since it was made."""
    units = at(told, "nvme_smart_health_information_log", "data_units_written")
    if units is not None:
        return int(units * DATA_UNIT_BYTES)
    for name, attribute in attributes(told):
        if name in WRITTEN_UNITS:
            unit = WRITTEN_UNITS[name] or told.get("logical_block_size", 512)
            return int(attribute["raw"]["value"] * unit)
    return None


def wear(told: Row) -> float | None:
    """Per cent of its life that the drive has used, which may be more than 100."""
    for names in (
        ("endurance_used", "current_percent"),
        ("nvme_smart_health_information_log", "percentage_used"),
        ("scsi_percentage_used_endurance_indicator",),
    ):
        if (used := at(told, *names)) is not None:
            return float(used)
    left = (one["value"] for name, one in attributes(told) if name in LIFE_LEFT)
    return next((100.0 - value for value in left if 0 <= value <= 100), None)


def metric(socket: str = SOCKET, allowed: Callable[[], bool] = may_ask_drives) -> Metric:
    """Make the metric; ``allowed`` says whether drives are asked without the socket."""

    def available(host: Host) -> str | None:
        if allowed():
            return None if host.find("smartctl") else NO_PROGRAM
        return None if Path(socket).exists() else NO_RIGHT

    def collect(_params: Params, run: Run) -> list[Row]:
        return smart(run, socket, allowed())

    return Metric(
        name="smart",
        title="Health of drives",
        description="What drives tell of their health by SMART; a drive that sleeps is not woken.",
        available=available,
        function=collect,
        lifetime=60,
        columns=[
            Column("device", "the name of the drive", kind="key"),
            Column("model", "the model of the drive"),
            Column("passed", "whether the drive judges itself healthy"),
            Column("temperature", "the temperature of the drive", "Cel"),
            Column("powered", "time for which the drive has been switched on", "s", kind="counter"),
            Column("written", "bytes written to the drive since it was made", "By", kind="counter"),
            Column(
                "wear",
                "share of the drive's life that is used",
                "%",
                maximum=math.inf,
            ),
            Column("remark", "why the drive tells nothing, where it does not"),
        ],
    )


@hookimpl
def sysmon_metrics() -> list[Metric]:
    """One metric: a row for each drive."""
    return [metric()]

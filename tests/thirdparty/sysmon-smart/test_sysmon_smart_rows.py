"""What drives of every kind tell, as rows."""

import json
from pathlib import Path
from typing import Any

import pytest
from sysmon_smart import rows, wear, written

SAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "samples.json").read_text())
DRIVES: dict[str, dict[str, Any]] = {
    "/dev/sda": {
        "model": "Samsung SSD 860 EVO 500GB",
        "passed": True,
        "temperature": 36,
        "powered": 2401 * 3600,
        "written": 21474836480 * 512,
        "wear": 3.0,
    },
    "/dev/sdb": {
        "model": "ST4000DM004-2CV104",
        "passed": False,
        "temperature": 44,
        "powered": 40321 * 3600 + 1800,
    },
    "/dev/sdc": {"remark": "Device is in STANDBY mode, exit(2)"},
    "/dev/sdd": {
        "model": "SanDisk Ultra",
        "remark": "A mandatory SMART command failed: exiting. To continue, add one or more "
        "'-T permissive' options.",
    },
    "/dev/sde": {"remark": "Unknown USB bridge [0x0781:0x5581 (0x100)]"},
    "/dev/bus/0 megaraid,8": {
        "model": "TOSHIBA PX05SVB096Y",
        "passed": True,
        "temperature": 29,
        "powered": 30101 * 3600 + 900,
        "wear": 3.0,
    },
    "/dev/nvme0": {
        "model": "WDC PC SN730 SDBPNTY-512G-1006",
        "passed": True,
        "temperature": 41,
        "powered": 3150 * 3600,
        "written": 25771349 * 512_000,
        "wear": 2.0,
    },
}
NAMES = ["model", "passed", "temperature", "powered", "written", "wear", "remark"]
ROWS = {name: {"device": name, **dict.fromkeys(NAMES), **drive} for name, drive in DRIVES.items()}


@pytest.mark.parametrize("name", ROWS)
def test_what_a_drive_tells_is_its_row(name: str) -> None:
    found = {row["device"]: row for row in rows(list(SAMPLES.values()))}
    assert list(found) == ["/dev/sde", *(other for other in ROWS if other != "/dev/sde")]
    assert found[name] == ROWS[name]


@pytest.mark.parametrize(
    ("name", "raw", "size"),
    [
        ("Total_LBAs_Written", 3, 3 * 4096),
        ("Host_Writes_32MiB", 3, 3 << 25),
        ("Lifetime_Writes_GiB", 3, 3 << 30),
        ("Unknown_Attribute", 3, None),
    ],
)
def test_makers_count_what_is_written_in_their_own_units(
    name: str, raw: int, size: int | None
) -> None:
    table = [{"name": name, "value": 100, "raw": {"value": raw}}]
    told = {"logical_block_size": 4096, "ata_smart_attributes": {"table": table}}
    assert written(told) == size


def test_wear_is_what_newer_smartctl_makes_of_it_or_else_the_maker_s_attribute() -> None:
    table = [{"name": "SSD_Life_Left", "value": 90, "raw": {"value": 0}}]
    told = {"ata_smart_attributes": {"table": table}}
    assert wear(told) == 10
    assert wear({**told, "endurance_used": {"current_percent": 7}}) == 7
    assert wear({}) is None

"""How drives are asked: by a stand-in of smartctl, and by a socket."""

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sysmon_smart import NO_PROGRAM, NO_RIGHT, metric
from webtest import TestApp

from sysmon_core.testing import until

HERE = Path(__file__).parent
SAMPLES: dict[str, Any] = json.loads((HERE / "samples.json").read_text())
# Its status is that of the document, as it is with smartctl.
STAND_IN = """#!/bin/sh
for device; do :; done
case "$*" in
    "--scan-open --json=c") file=scan ;;
    --scan-open) cat "FOLDER/scan.txt"; exit ;;
    "--json=c --nocheck=standby --health --attributes --info --device="*) file=${device##*/} ;;
    *) echo "smartctl: unrecognized option"; exit 1 ;;
esac
printf %s "$(cat "FOLDER/$file.json")"
exit "$(sed 's/.*"exit_status": \\([0-9]*\\).*/\\1/' "FOLDER/$file.json")"
"""
DRIVES = [drive["name"] for drive in SAMPLES["scan"]["devices"]]

Serve = Callable[[str], str]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="smart-") as name:
        yield Path(name)


@pytest.fixture
def path(folder: Path) -> str:
    """A path on which the stand-in is found before smartctl itself."""
    for name, document in SAMPLES.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    opened = [drive for drive in SAMPLES["scan"]["devices"] if "open_error" not in drive]
    lines = [f"{drive['name']} -d {drive['type']} # {drive['info_name']}" for drive in opened]
    (folder / "scan.txt").write_text("\n".join(["# /dev/sde -d scsi # open failed", *lines, ""]))
    (folder / "smartctl").write_text(STAND_IN.replace("FOLDER", str(folder)))
    (folder / "smartctl").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    """Serve a text to every caller of a socket, and give its path."""
    with socket.socket(socket.AF_UNIX) as listening:

        def start(text: str) -> str:
            listening.bind(str(folder / "socket"))
            listening.listen()
            threading.Thread(target=give, args=(text,)).start()
            return str(folder / "socket")

        def give(text: str) -> None:
            with contextlib.suppress(OSError):  # the test is over
                while True:
                    caller, _ = listening.accept()
                    with caller:
                        caller.sendall(text.encode())

        yield start
        listening.shutdown(socket.SHUT_RDWR)


def shown(app: TestApp) -> list[list[str]]:
    """The columns of the device and of its model in the table of version 1."""
    return [line.split()[:2] for line in app.get("/v1/smart/").json["smart"].splitlines()[1:]]


def lines(*names: str) -> str:
    return "".join(json.dumps(SAMPLES[name]) + "\n" for name in names)


def test_whoever_may_asks_drives_by_smartctl(path: str, sysmon_app: Callable[..., TestApp]) -> None:
    app = sysmon_app(metric(allowed=lambda: True), command_path=path)
    table = shown(app)
    assert len(table) == len(DRIVES)
    assert ["/dev/sda", "Samsung"] in table


def test_whoever_may_not_reads_a_socket(serve: Serve, sysmon_app: Callable[..., TestApp]) -> None:
    place = serve(lines("scan", "sda", "nvme0"))
    app = sysmon_app(metric(place, lambda: False), command_path="/nowhere")
    assert shown(app) == [["/dev/sde", "-"], ["/dev/sda", "Samsung"], ["/dev/nvme0", "WDC"]]


@pytest.mark.skipif(
    not shutil.which("systemd-socket-activate"), reason="there is no systemd-socket-activate"
)
def test_what_root_runs_is_served_by_systemd(
    path: str, folder: Path, sysmon_app: Callable[..., TestApp]
) -> None:
    """As the units have it: a process for each caller, its output the socket."""
    place = folder / "socket"
    words = [
        "systemd-socket-activate",
        "--accept",
        "--inetd",
        "-l",
        str(place),
        "-E",
        f"PATH={path}",
    ]
    script = HERE / "units/smart-for-sysmon"
    with subprocess.Popen([*words, script], stderr=subprocess.DEVNULL) as serving:
        try:
            until(place.exists)
            for _ in range(2):
                app = sysmon_app(metric(str(place), lambda: False), command_path="/nowhere")
                assert sorted(line[0] for line in shown(app)) == sorted(DRIVES)
        finally:
            serving.send_signal(signal.SIGTERM)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "gave nothing: see journalctl"),
        ("smartctl 6.6 2017-11-05\n\nUsage: smartctl", "it said: smartctl 6.6 2017-11-05"),
        (lines("scan", "sda")[:-99], "smartctl must be of version 7 or later"),
        ("[1]\n", "it said: [1]"),
    ],
)
def test_what_is_no_document_is_a_failure(
    text: str, told: str, serve: Serve, sysmon_app: Callable[..., TestApp]
) -> None:
    app = sysmon_app(metric(serve(text), lambda: False))
    assert told in app.get("/v1/smart/", status=502).json["detail"]


def test_a_host_without_the_right_or_the_program_says_so(
    folder: Path, sysmon_app: Callable[..., TestApp]
) -> None:
    app = sysmon_app(metric(f"{folder}/socket", lambda: False))
    assert app.get("/v1/smart/", status=501).json["detail"] == NO_RIGHT
    app = sysmon_app(metric(allowed=lambda: True), command_path="/nowhere")
    assert app.get("/v1/smart/", status=501).json["detail"] == NO_PROGRAM


def test_it_keeps_what_every_metric_keeps(serve: Serve, check_metric: Callable[..., None]) -> None:
    check_metric(metric(serve(lines(*SAMPLES)), lambda: False))

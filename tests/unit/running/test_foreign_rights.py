"""What a run does where it lacks rights: a program that it may not end, a socket closed to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.conftest import LONG, alive, pid_in

NOBODY = 65534
# Where root runs this, it becomes somebody else once `lose_rights` is called: so a program that it
# began before is root's, as one is that was begun by sudo or has the set-user-ID bit.
HEAD = f"""
import os, sys, threading, time
from sysmon_core.errors import SysmonError
from sysmon_core.running.context import Stop
from sysmon_core.running.process import execute
from sysmon_core.running.run import Run

def lose_rights():
    if os.geteuid() == 0:
        os.setresuid({NOBODY}, {NOBODY}, {NOBODY})

"""


def said(code: str, *words: object) -> str:
    command = [sys.executable, "-c", HEAD + code, *map(str, words)]
    return subprocess.check_output(command, text=True, timeout=60)


LOSING = """
folder, script, stopping = sys.argv[1:]

def lose_rights_once_it_runs():
    while not os.path.exists(f"{folder}/begun"):
        time.sleep(0.01)
    lose_rights()
    if stopping == "stop":
        stop.set("enough")

with Stop() as stop:
    run = Run(time.monotonic() + 1000, 1000, stop)
    threading.Thread(target=lose_rights_once_it_runs).start()
    try:
        print(execute(["/bin/sh", "-c", script], run, {"PATH": "/usr/bin:/bin"}).stdout.decode())
    except SysmonError as error:
        print(type(error).__name__, error)
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone can lose its right to a program")


@as_root
def test_a_program_that_may_not_be_ended_holds_up_nobody(folder: Path) -> None:
    script = f"echo $$ > {folder}/pid; touch {folder}/begun; exec {LONG}"
    try:
        told = said(LOSING, folder, script, "stop")
        pid = pid_in(folder / "pid")
        assert alive(pid)
        assert told == (
            f"MetricFailed /bin/sh could not be ended: its process {pid} has rights that sysmon "
            "has not: end it as root, and let the metric start no program with such rights\n"
        )
    finally:
        os.kill(pid_in(folder / "pid"), signal.SIGKILL)


@as_root
def test_a_program_that_ends_by_itself_may_have_rights_that_we_have_not(folder: Path) -> None:
    """The last signal to its group is refused, which is no failure."""
    lost = f"grep -q '^Uid:.{NOBODY}' /proc/$PPID/status"
    script = f"touch {folder}/begun; until {lost}; do sleep 0.01; done; echo ended"
    assert said(LOSING, folder, script, "go on") == "ended\n\n"


READ = """
lose_rights()
with Stop() as stop:
    try:
        Run(time.monotonic() + 20, 1000, stop).read_socket(sys.argv[1])
    except SysmonError as error:
        print(error)
"""


def test_a_socket_that_is_closed_to_this_user_is_told_with_a_remedy(folder: Path) -> None:
    path = folder / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        path.chmod(0)
        told = said(READ, path)
    assert told == (
        f"{path} cannot be read: this user may not connect: add it to the group of the socket "
        "(SocketGroup=)\n"
    )

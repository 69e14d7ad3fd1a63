"""``sysmon start``: odd paths, outputs and users, and parts that cannot be started."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.conftest import until
from tests.support.processes import END_SECONDS, START_SECONDS
from tests.support.site import BIN, LAUNCHER, ROOT, Site, welcomed

pytestmark = pytest.mark.timeout(180)  # each starts everything, some several times

ODD = "a b'c\"d#e%f(g)ü"
SHOWN = b"curl --user admin"


def test_a_socket_is_a_standard_output(site: Site) -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(START_SECONDS)
    words = [*LAUNCHER, os.fspath(BIN / "sysmon"), "start"]
    with ours, theirs:
        runner = subprocess.Popen(
            words, env=site.environ(), cwd=ROOT, stdout=theirs.fileno(), stderr=theirs.fileno()
        )
        theirs.close()
        printed = b""
        while SHOWN not in printed:
            printed += ours.recv(1 << 16)
        runner.terminate()
        assert runner.wait(END_SECONDS) == 0


def test_a_reader_that_is_gone_ends_nothing(site: Site) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = [*LAUNCHER, os.fspath(BIN / "sysmon"), "start"]
    with (site.folder / "errors").open("w+") as errors:
        runner = subprocess.Popen(words, env=site.environ(), cwd=ROOT, stdout=writer, stderr=errors)
        os.close(writer)
        until(site.client.answers, START_SECONDS)
        until(lambda: site.client.get("/readyz").status == 200, START_SECONDS)
        assert runner.poll() is None
        runner.terminate()
        runner.wait(END_SECONDS)
        errors.seek(0)
        assert "Traceback" not in errors.read()


@pytest.fixture
def odd_checkout(site: Site) -> Path:
    """This checkout at an odd path, its environment one that has the packages of the tests'."""
    place = site.folder / ODD
    for name in ("sysmon_core", "plugins", "scripts"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "development.ini", "setup.py", "requirements.lock"):
        shutil.copy(ROOT / name, place)
    venv.create(place / ".venv", symlinks=True)
    base = {"base": str(place / ".venv")}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=base))
    lines = (place, place / "plugins", sysconfig.get_path("purelib"))
    (packages / "tests.pth").write_text("".join(f"{line}\n" for line in lines))
    return place


def test_odd_paths_work_for_the_checkout_and_for_the_state(site: Site, odd_checkout: Path) -> None:
    site.cwd, site.var = odd_checkout, site.folder / "v 'x\"#%()ü"
    copy = site.make_run()
    try:
        site.client.finished()  # Redis, the worker and the server have one folder
        assert (site.var / "sysmon.sqlite").is_file()
        assert {path.name for path in site.folder.iterdir() if path.is_dir()} == {
            ODD,
            site.var.name,
        }
        (server,) = [p for p in site.processes().values() if "pserve" in p.command]
        assert str(odd_checkout) in server.command
    finally:
        assert copy.terminate() != 0  # make's, ended by the signal


def test_who_runs_it_is_the_uid_not_a_name_in_the_environment(site: Site) -> None:
    environ = site.environ() | {"LOGNAME": "no-such-user", "USER": "no-such-user"}
    copy = welcomed(site.start(BIN / "sysmon", "start", environ=environ))
    site.client.finished()
    assert copy.terminate() == 0


def test_a_server_that_cannot_be_started_ends_the_run_with_a_sentence(site: Site) -> None:
    ini = site.folder / "wrong.ini"
    text = (ROOT / "development.ini").read_text()
    ini.write_text(text.replace("processes = 1", "processes = many"))
    copy = site.run(config=ini)
    assert copy.popen.wait(START_SECONDS) == 1
    printed = copy.printed()
    assert "Traceback" not in printed
    assert "sysmon: The option processes of the server in the ini file is wrong: " in printed
    assert re.search(r"^sysmon: The server cannot be started .*\n\Z", printed, re.MULTILINE)
    until(lambda: site.processes() == {})


def test_a_plugin_at_fault_ends_the_run_with_its_sentence(site: Site) -> None:
    info = site.folder / "pond-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pond\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[sysmon]\npond = pond_of_a_test\n")
    (site.folder / "pond_of_a_test.py").write_text("import nonesuch_zz")
    environ = site.environ() | {"PYTHONPATH": str(site.folder)}
    run = site.start(BIN / "sysmon", "start", environ=environ)
    assert run.wait() == 1
    (said,) = run.printed().splitlines()
    assert said.startswith("sysmon: the plugin pond of pond 1 cannot be imported (ModuleNotFound")
    assert not site.processes()


def test_a_damaged_file_of_redis_ends_the_run_and_is_mended_as_it_says(site: Site) -> None:
    copy = welcomed(site.run())
    task = site.client.finished()
    assert copy.terminate() == 0
    (file,) = (site.var / "redis/appendonlydir").glob("*.incr.aof")
    with file.open("ab") as writing:
        writing.write(b"no command\r\n")
    copy = site.run()
    assert copy.popen.wait(START_SECONDS) == 1
    last = copy.printed().splitlines()[-1]
    assert last.startswith("sysmon: Redis cannot be started (Bad file format reading ")
    assert str(site.var / "redis.log") in last
    (command,) = re.findall(r"by (/.+ --fix .+), see", last)
    subprocess.run(
        shlex.split(command), input="y\n", text=True, check=True, stdout=subprocess.DEVNULL
    )
    welcomed(site.run())
    assert site.client.get(task).json["state"] == "SUCCESS"

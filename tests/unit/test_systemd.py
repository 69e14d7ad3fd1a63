"""The units of config/systemd: what systemd says of them, and what they have to agree with."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from sysmon_core import settings
from sysmon_core.launcher.programs import WORKER_SHUTDOWN_SECONDS
from sysmon_core.server.granian_adapter import OWN_DESCRIPTORS
from sysmon_core.server.options import Options
from sysmon_core.server.prefork import EXTRA_SECONDS
from sysmon_core.settings import CONFIG_VARIABLE, ENV_PREFIX, Settings
from sysmon_core.worker import MAX_DESCRIPTORS
from tests.conftest import ROOT

UNITS = ROOT / "config/systemd"
SERVICES = ("server", "worker", "redis")
EXPOSURE = 15  # tenths
MACHINE = Path("/proc/self").exists()  # systemd is Linux' alone

on_linux = pytest.mark.skipif(not MACHINE, reason="systemd is Linux' alone")


def values(name: str, key: str) -> list[str]:
    """What a unit says of a key, line by line; the drop-in for all is read after it."""
    files = [UNITS / name]
    if name.endswith(".service"):
        files.append(UNITS / "sysmon-.service.d/hardening.conf")
    lines = [line for file in files for line in file.read_text().splitlines()]
    return [line.partition("=")[2] for line in lines if line.partition("=")[0] == key]


def value(part: str, key: str) -> str:
    (found,) = values(f"sysmon-{part}.service", key)
    return found


def words(part: str) -> list[str]:
    return shlex.split(value(part, "ExecStart"))


def seconds(part: str, key: str) -> float:
    return float(value(part, key))


def environment(part: str) -> dict[str, str]:
    lines = values(f"sysmon-{part}.service", "Environment")
    pairs = (word.partition("=") for line in lines for word in shlex.split(line))
    return {name: text for name, _, text in pairs}


def example() -> dict[str, str]:
    """The variables of the example, those that are commented out too."""
    lines = re.findall(r"^#?([A-Z_]+)=(.*)$", _text("config/systemd/sysmon.env"), re.MULTILINE)
    return {name: shlex.split(text)[0] for name, text in lines}


def _text(name: str) -> str:
    return (ROOT / name).read_text()


def analyzed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd-analyze says of units that are nowhere installed."""
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is missing: make test-programs"
    command = [program, *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=50, check=False
    )


@on_linux
@pytest.mark.parametrize("part", SERVICES)
def test_a_unit_is_exposed_no_more_than_it_has_to_be(part: str) -> None:
    words = ("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}")
    done = analyzed(UNITS, *words, str(UNITS / f"sysmon-{part}.service"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout
    assert "sysmon" not in done.stderr, done.stderr  # where it tells what it does not understand


@on_linux
def test_systemd_understands_every_line(folder: Path) -> None:
    """With programs that are there: of those that are not it would complain."""
    copy = shutil.copytree(UNITS, folder / "units")
    for unit in copy.glob("*.service"):
        command = re.compile("^ExecStart=[^ ]+", re.MULTILINE)
        unit.write_text(command.sub("ExecStart=/bin/true", unit.read_text()))
    units = sorted(str(unit) for kind in ("service", "target") for unit in copy.glob(f"*.{kind}"))
    assert len(units) == len(SERVICES) + 1
    done = analyzed(copy, "verify", "--man=no", *units)
    assert done.returncode == 0, done.stderr
    assert "sysmon" not in done.stderr, done.stderr


def test_the_target_starts_every_part_and_every_part_stops_with_it() -> None:
    (wanted,) = values("sysmon.target", "Wants")
    assert set(wanted.split()) == {f"sysmon-{part}.service" for part in SERVICES}
    assert {value(part, "PartOf") for part in SERVICES} == {"sysmon.target"}


def test_redis_is_stopped_last_and_the_server_first() -> None:
    assert "sysmon-redis.service" in value("worker", "After").split()
    assert {"sysmon-redis.service", "sysmon-worker.service"} <= set(
        value("server", "After").split()
    )


@pytest.mark.parametrize("part", ["server", "worker"])
def test_server_and_worker_have_one_configuration(part: str) -> None:
    ini = environment(part)[CONFIG_VARIABLE]
    assert [Path(words(one)[0]).name for one in ("server", "worker")] == ["sysmon", "sysmon"]
    assert Path(ini).name == "production.ini"
    assert value(part, "EnvironmentFile") == str(Path(ini).parent / "sysmon.env")


def test_redis_is_where_the_settings_say() -> None:
    var = Path(environment("server")["SYSMON_VAR"])
    assert environment("worker")["SYSMON_VAR"] == str(var)
    assert value("server", "StateDirectory") == var.name
    assert value("redis", "StateDirectory").split() == [var.name, f"{var.name}/redis"]
    command = words("redis")
    socket = settings.load({"sysmon.var": str(var)}, environ={}).redis_socket
    assert command[command.index("--unixsocket") + 1] == str(socket)
    assert command[command.index("--dir") + 1] == str(var / "redis")


def test_a_stop_waits_for_what_each_part_does_at_its_end() -> None:
    # Twice the time of its tasks: writing that they failed waits for a Redis that is slow.
    assert seconds("worker", "TimeoutStopSec") >= 2 * WORKER_SHUTDOWN_SECONDS
    assert seconds("server", "TimeoutStopSec") > Options().shutdown_timeout + EXTRA_SECONDS
    assert {value(part, "KillMode") for part in ("server", "worker")} == {"mixed"}


def test_the_worker_has_room_for_its_threads_and_their_programs() -> None:
    assert int(value("worker", "TasksMax")) > 4 * Settings.model_fields["worker_threads"].default
    assert int(value("worker", "LimitNOFILE")) == MAX_DESCRIPTORS


def test_the_server_has_room_for_its_connections() -> None:
    wanted = Options().connection_limit + OWN_DESCRIPTORS
    assert int(value("server", "LimitNOFILE")) > 2 * wanted


@pytest.mark.parametrize("part", SERVICES)
def test_the_journal_drops_no_line_of_the_audit(part: str) -> None:
    assert value(part, "LogRateLimitIntervalSec") == "0"


@pytest.mark.parametrize("part", ["server", "worker"])
@pytest.mark.parametrize("key", ["ProtectProc", "ProcSubset", "PrivateUsers", "NoExecPaths"])
def test_nothing_is_hidden_from_a_metric(part: str, key: str) -> None:
    assert not values(f"sysmon-{part}.service", key)


def test_the_example_has_settings_that_there_are() -> None:
    found = example()
    assert {name.removeprefix(ENV_PREFIX).lower() for name in found} < set(Settings.model_fields)
    assert settings.load({}, environ=found | {"SYSMON_VAR": "/var/lib/sysmon"})


def test_a_shell_reads_the_example_as_systemd_does() -> None:
    """Only what stands in single quotes is read alike, whatever it is."""
    text = _text("config/systemd/sysmon.env")
    lines = [line for line in text.splitlines() if "SYSMON_" in line]
    assert all(re.fullmatch(r"#?SYSMON_[A-Z_]+='[^']+'", line) for line in lines)


def test_the_command_of_root_has_the_settings_of_the_units() -> None:
    script = _text("config/systemd/sysmon")
    for name in (CONFIG_VARIABLE, "SYSMON_VAR"):
        assert f"{name}={environment('server')[name]}" in script
    assert f". {value('server', 'EnvironmentFile')}\n" in script
    assert f"--reuid={value('server', 'User')} " in script
    assert str(Path(words("server")[0]).parent / "sysmon") in script

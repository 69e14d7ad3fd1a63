"""The wheel: with its dependencies it is all that a host needs."""

from __future__ import annotations

import shutil
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.live.conftest import BIN, Site, new_site

SOURCES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "sysmon_core", "plugins")
INI = """
[app:main]
use = egg:sysmon
[server:main]
use = egg:sysmon#waitress
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Site]:
    """A site whose folder has an environment with the wheel in it, and no other sysmon."""
    with new_site() as site:
        sources, environment = site.folder / "sources", site.folder / "venv"
        sources.mkdir()
        for name in SOURCES:  # not in place: setuptools leaves its build folder there
            if (ROOT / name).is_dir():
                unwanted = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, sources / name, ignore=unwanted)
            elif (ROOT / name).exists():
                shutil.copy(ROOT / name, sources)
        pip = (BIN / "pip", "--disable-pip-version-check")
        offline = ("--quiet", "--no-deps", "--no-index")
        build = ("wheel", "--no-build-isolation", "--wheel-dir", site.folder, sources)
        site.said(*pip, *build, *offline)
        (wheel,) = site.folder.glob("sysmon-*.whl")
        venv.create(environment, symlinks=True)
        site.said(*pip, "--python", environment, "install", *offline, wheel)
        (place,) = environment.glob("lib/python*/site-packages")
        for dependency in Path(sysconfig.get_path("purelib")).iterdir():
            if "sysmon" not in dependency.name:
                (place / dependency.name).symlink_to(dependency)
        yield site


@pytest.mark.parametrize("package", ["sysmon_core", "sysmon_uptime", "sysmon_iostat"])
def test_each_package_is_the_wheels_own(host: Site, package: str) -> None:
    words = ("-P", "-c", f"import {package}; print({package}.__file__)")
    found = Path(host.said(host.folder / "venv/bin/python", *words).strip())
    assert found.is_relative_to(host.folder / "venv")


def test_it_lists_both_metrics(host: Site) -> None:
    listed = host.said(host.folder / "venv/bin/sysmon", "metrics")
    assert [line.split()[:3] for line in listed.splitlines()] == [
        ["uptime", "quick", "sysmon"],
        ["iostat", "task", "sysmon"],
    ]


def test_it_makes_the_users_database(host: Site) -> None:
    sysmon = host.folder / "venv/bin/sysmon"
    host.said(sysmon, "database", "upgrade")
    assert "Password: " in host.said(sysmon, "user", "bootstrap")


def test_it_serves_both_metrics(host: Site) -> None:
    ini = host.folder / "host.ini"
    ini.write_text(INI)
    python = (host.folder / "venv/bin/python", "-P")  # without the folder it is started in
    server = host.start(*python, "-m", "pyramid.scripts.pserve", ini)
    server.up(host.client.answers)
    assert "load average" in host.client.get("/v1/uptime/").json["uptime"]
    assert "Device" in host.client.get("/v1/iostat/").json["iostat"]

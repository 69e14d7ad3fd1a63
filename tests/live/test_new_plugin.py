"""``sysmon plugin new``: what it writes is installed, tested, checked and asked as it is."""

from __future__ import annotations

import shutil
import time
import zipfile
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import until
from tests.support.site import BIN, ROOT, Site, new_site

NAME = "how-full"
MODULE = "sysmon_how_full"
PIP = (BIN / "pip", "--disable-pip-version-check", "--quiet")
OFFLINE = ("--no-deps", "--no-index", "--no-build-isolation")
STARTING_SECONDS = 5.0  # of a server on a busy machine, which each save starts anew
SOURCES = ("setup.py", "pyproject.toml", "README.md", "sysmon_core", "plugins")


class Host:
    """A site on whose path a new plugin is, installed beside what these tests have."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.folder = site.folder / f"sysmon-{NAME}"
        self.said(BIN / "sysmon", "plugin", "new", NAME, "--folder", site.folder)
        place = site.folder / "installed"
        self.said(*PIP, "install", *OFFLINE, "--target", place, self.folder)
        self.environ = site.environ() | {"PYTHONPATH": str(place)}

    def said(self, *words: object, **environ: str) -> str:
        return self.site.said("env", *(f"{k}={v}" for k, v in environ.items()), *words)

    def with_it(self, *words: object) -> str:
        return self.said(*words, PYTHONPATH=self.environ["PYTHONPATH"])


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with new_site() as site:
        yield Host(site)


def test_its_own_tests_pass(host: Host) -> None:
    words = ("-m", "pytest", "-p", "no:cacheprovider", "-W", "error", host.folder)
    assert "2 passed" in host.with_it(BIN / "python", *words)


def test_nothing_of_it_falls_short(host: Host) -> None:
    said = host.with_it(BIN / "sysmon", "plugin", "check", NAME)
    assert said.splitlines()[0] == f"{NAME}, of the plugin {NAME} of sysmon-{NAME} 0.1"
    assert said.splitlines()[-1] == "Nothing falls short."


def test_the_server_answers(host: Host) -> None:
    server = host.site.start(BIN / "pserve", ROOT / "development.ini", environ=host.environ)
    server.up(host.site.client.answers)
    answer = host.site.client.get(f"/v1/{NAME}/")
    assert answer.status == 200
    assert "Mounted on" in answer.json[NAME]


def test_a_server_that_reloads_serves_what_was_edited(host: Host, site: Site) -> None:
    place = shutil.copytree(host.site.folder / "installed", site.folder / "edited")
    module = place / f"{MODULE}.py"
    environ = site.environ() | {"PYTHONPATH": str(place)}
    words = (BIN / "pserve", ROOT / "development.ini", "--reload")
    site.start(*words, environ=environ).up(site.client.answers)

    def shows(text: str) -> bool:
        return site.client.answers() and text in site.client.get(f"/v1/{NAME}/").json[NAME]

    saved: dict[str, float] = {}  # when each text was, by the monotonic clock

    def saves(text: str, effect: Callable[[], bool]) -> bool:
        done = effect()
        if not done and time.monotonic() > saved.get(text, 0.0) + STARTING_SECONDS:
            module.write_text(text)  # again, if the file was not yet watched
            saved[text] = time.monotonic()
        return done

    whole = module.read_text()
    assert not shows("Type")
    until(lambda: saves("an edit half done", lambda: not site.client.answers()))
    until(lambda: saves(whole.replace('"-k"', '"-k", "-T"'), lambda: shows("Type")))


EDITED = """
from sysmon_core import Column, Command, Metric, hookimpl

ABOUT = {"title": "Kernel", "description": "The kernel."}

def wait(params, run):
    run.sleep(0.1)
    return [{"waited": 0.1}]

@hookimpl
def sysmon_metrics():
    kernel = Command(
        name="kernel", **ABOUT, access="admins", program="uname", package="coreutils",
        arguments=lambda params, platform: ["-a"], parser="uname",
        columns=[Column("kernel_release", "which kernel it is")],
    )
    waited = Column("waited", "how long it waited", "s")
    more = {"function": wait, "duration": lambda params: 0.1, "columns": [waited], **ABOUT}
    return [kernel, *(Metric(name=f"wait-{access}", access=access, **more) for access in ACCESSES)]

ACCESSES = ("open", "users", "admins")
"""


def test_its_tests_pass_when_it_has_other_metrics(host: Host, site: Site) -> None:
    """A program, and long functions, of each access."""
    edited = shutil.copytree(host.folder, site.folder / "edited")
    (edited / f"{MODULE}.py").write_text(EDITED)
    words = ("-m", "pytest", "-p", "no:cacheprovider", "-W", "error", edited)
    assert "8 passed" in site.said(BIN / "python", *words)


def test_a_second_of_its_name_is_refused(host: Host) -> None:
    words = ("plugin", "new", NAME, "--folder", host.site.folder / "other")
    started = host.site.start(BIN / "sysmon", *words, environ=host.environ)
    assert started.wait() == 1
    assert "installed already" in started.printed()


def test_the_wheel_has_the_templates(site: Site) -> None:
    sources = site.folder / "sources"
    sources.mkdir()
    for name in SOURCES:  # not in place: setuptools leaves its build folder there
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / name)
        else:
            shutil.copy(ROOT / name, sources)
    site.said(*PIP, "wheel", *OFFLINE, "--wheel-dir", site.folder, sources)
    (wheel,) = site.folder.glob("sysmon-*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    templates = {path.relative_to(ROOT) for path in ROOT.glob("sysmon_core/scaffold/*.template")}
    assert len(templates) == 4
    assert set(map(str, templates)) <= inside

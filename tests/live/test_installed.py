"""sysmon and a stranger's plugin, installed by pip into an environment of their own."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import METRICS, started_redis, until
from tests.support.site import BIN, ROOT, SEARCH_PATH, Site, new_site, welcomed

SOURCES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "sysmon_core", "plugins")
PLUGIN = ROOT / "tests/thirdparty/sysmon-kernel"
USER = "ann:secret"
INI = """
[app:main]
use = egg:sysmon
[server:main]
use = egg:sysmon#granian
"""

pytestmark = pytest.mark.timeout(600)  # pip has a lot to fetch


class Host:
    """A site whose folder has an environment with nothing in it but what pip put there."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.environment = site.folder / "venv"
        self.ini = site.folder / "host.ini"
        self.ini.write_text(INI)
        venv.create(self.environment, symlinks=True, with_pip=True)

    def pip(self, *words: object) -> None:
        """This environment's packages, changed by the pip of the tests'."""
        self.site.said(BIN / "pip", "--quiet", "--python", self.environment, *words)

    def typed(self, script: str) -> str:
        """What a shell says in an empty folder, the environment's programs on its path."""
        folder = Path(tempfile.mkdtemp(dir=self.site.folder))
        environ = self.site.environ() | {"PATH": f"{self.environment}/bin:{SEARCH_PATH}"}
        words = ["sh", "-eu", "-c", script]
        return subprocess.check_output(words, cwd=folder, env=environ, text=True)

    def sysmon(self, *words: str, typed: str = "") -> str:
        return self.site.said(self.environment / "bin/sysmon", *words, typed=typed)

    def python(self, *words: object) -> tuple[object, ...]:
        """The words of a command, without the folder that it is started in."""
        return (self.environment / "bin/python", "-P", *words)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """A server and a worker, of what is installed now."""
        words = ("-m", "dramatiq", "sysmon_core.worker:setup", "-p", 1, "-t", 8, "--skip-logging")
        worker = self.site.start(*self.python(*words))
        server = self.site.start(*self.python("-m", "pyramid.scripts.pserve", self.ini))
        try:
            server.up(self.site.client.answers)
            yield
        finally:
            for part in (server, worker):
                part.terminate()


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """sysmon's wheel with its dependencies; the newest Redis of the host, empty."""
    with new_site() as site:
        one = Host(site)
        sources = _copied(site.folder / "sources")
        wheels = site.folder / "wheels"
        build = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels)
        site.said(BIN / "pip", *build, sources)
        one.pip("install", "--constraint", ROOT / "requirements.lock", *wheels.glob("sysmon-*"))
        site.var.mkdir()
        with started_redis(site.var):
            yield one


def _copied(folder: Path) -> Path:
    """Not built in place: setuptools leaves its build folder there."""
    folder.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def installed(host: Host) -> Host:
    """The host with the plugin, the users' database and a user."""
    host.pip("install", shutil.copytree(PLUGIN, host.site.folder / PLUGIN.name))
    host.sysmon("database", "upgrade")
    name, _, password = USER.partition(":")
    host.sysmon("user", "add", name, "--password-file", "-", typed=password)
    return host


@pytest.fixture(scope="class")
def stranger(installed: Host) -> Iterator[Host]:
    """The same, asked over HTTP."""
    with installed.serving():
        yield installed


@pytest.mark.parametrize("package", ["sysmon_core", *(f"sysmon_{name}" for name in METRICS)])
def test_each_package_is_the_wheels_own(host: Host, package: str) -> None:
    code = f"import {package}; print({package}.__file__)"
    found = Path(host.site.said(*host.python("-c", code)).strip())
    assert found.is_relative_to(host.environment)


def test_the_installed_distribution_has_its_dependencies(host: Host) -> None:
    host.pip("check")


def test_it_starts_whole_without_an_ini_file_or_a_checkout(host: Host) -> None:
    with new_site() as site:
        environ = site.environ()
        del environ["SYSMON_CONFIG"]
        here = f"cd {site.folder} && exec {host.environment}/bin/sysmon start"
        started = welcomed(site.start("sh", "-c", here, environ=environ))
        site.client.finished()
        page = site.client.get("/ui/login").body.decode()
        for file in re.findall(r'(?:href|src)="(/ui/static/[^"]+)"', page):
            assert site.client.get(file).status == 200
        started.popen.send_signal(signal.SIGINT)
        assert started.wait() == 0
        until(lambda: site.processes() == {})


def test_it_lists_the_metrics(host: Host) -> None:
    lines = [line for line in host.sysmon("metrics").splitlines() if not line.startswith(" ")]
    listed = [line.split()[:3] for line in lines]
    assert listed[:2] == [["uptime", "quick", "sysmon"], ["iostat", "task", "sysmon"]]


class TestAPluginOfAStranger:
    def test_is_asked_through_version_1(self, stranger: Host) -> None:
        client = stranger.site.client
        assert {"rel": "kernel", "href": "/v1/kernel/"} in client.get("/v1/").json["links"]
        assert "Linux" in client.get("/v1/kernel/").json["kernel"]
        assert client.get("/v1/beat/?beats=2").json["beat"].split()[:3] == ["beat", "late", "1"]
        refused = client.get("/v1/beat/?beats=0")
        assert (refused.status, refused.json["errors"][0]["name"]) == (400, "beats")

    @pytest.mark.parametrize(("version", "user"), [("v2", ""), ("v3", USER)])
    def test_is_asked_through_tasks(self, stranger: Host, version: str, user: str) -> None:
        client = stranger.site.client
        made = client("POST", f"/{version}/beat/?beats=3", user)
        assert made.status == 201, made
        task = str(made.headers["Location"])
        until(lambda: client.get(task, user).json["state"] not in {"QUEUED", "STARTED"})
        assert len(client.get(task, user).json["result"]["beat"].splitlines()) == 4
        assert client.get(f"/{version}/kernel/", user).status == 200

    def test_is_for_users_alone_in_version_3(self, stranger: Host) -> None:
        assert stranger.site.client.get("/v3/kernel/").status == 401

    def test_has_its_card_and_its_form_on_the_page(self, stranger: Host) -> None:
        client = stranger.site.client
        assert b'data-metric="kernel"' in client.get("/ui/", USER).body
        form = client.get("/ui/metrics/beat", USER).body
        assert b'name="beats"' in form
        assert b'max="3000"' in form

    def test_is_described(self, stranger: Host) -> None:
        paths = stranger.site.client.get("/openapi.json").json["paths"]
        assert {f"/v{n}/{name}/" for n in (1, 2, 3) for name in ("kernel", "beat")} <= set(paths)
        (beats,) = paths["/v1/beat/"]["get"]["parameters"]
        assert beats["name"] == "beats"
        assert (beats["schema"]["minimum"], beats["schema"]["maximum"]) == (1, 3000)


def test_a_plugin_is_run_and_listed_by_the_command(installed: Host) -> None:
    assert "sysmon-kernel 1.0" in installed.sysmon("metrics")
    assert "Linux" in installed.sysmon("run", "kernel")
    answer = json.loads(installed.sysmon("run", "beat", "--beats", "2", "--output", "json"))
    assert [row["beat"] for row in answer["rows"]] == [1, 2]


def test_a_plugin_is_checked_by_the_command(installed: Host) -> None:
    assert "kernel" in installed.sysmon("plugin", "check", "kernel")


def test_its_author_s_tests_pass(installed: Host) -> None:
    installed.pip("install", "--constraint", ROOT / "requirements.lock", "pytest", "webtest")
    place = installed.site.folder / PLUGIN.name
    installed.site.said(*installed.python("-m", "pytest", "-q", "-p", "no:cacheprovider", place))


def test_the_ten_minutes_of_the_page_for_authors(installed: Host) -> None:
    page = (ROOT / "docs/plugins.md").read_text()
    script, *_ = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    said = installed.typed(script)
    installed.pip("uninstall", "--yes", "sysmon-space")
    assert "Mounted on" in said
    assert "Nothing falls short." in said


def test_a_plugin_that_is_removed_is_removed_everywhere(installed: Host) -> None:
    installed.pip("uninstall", "--yes", PLUGIN.name)
    try:
        assert "kernel" not in installed.sysmon("metrics")
        with installed.serving():
            client = installed.site.client
            for name in ("kernel", "beat"):
                assert {client.get(f"/v{n}/{name}/").status for n in (1, 2)} == {404}
            assert "kernel" not in json.dumps(client.get("/v1/").json)
            assert not [
                path for path in client.get("/openapi.json").json["paths"] if "kernel" in path
            ]
            assert "Device" in client.get("/v1/iostat/").json["iostat"]
    finally:
        installed.pip("install", installed.site.folder / PLUGIN.name)

"""Settings of a plugin and the environment of its functions, in real processes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import until
from tests.support.site import BIN, ROOT, Site, new_site, welcomed

SECRET = "C4n4ry-of-a-plugin"
PASSWORD = "C4n4ry-of-the-service"
MODULE = """
import json, os, sys
from sysmon_core import Field, Metric, PluginSettings, SecretStr, hookimpl

print("imported", json.dumps(dict(os.environ), sort_keys=True), file=sys.stderr)

class Settings(PluginSettings):
    token: SecretStr = Field(description="What opens the pond")
    depth: int = Field(description="Metres")
    place: str = Field("here", description="Where it is")

def environ(params, run):
    backwards = run.settings.token.get_secret_value()[::-1]
    given = {"token": backwards, "depth": run.settings.depth, "place": run.settings.place}
    return json.dumps({"environ": dict(os.environ), "given": given}, sort_keys=True)

def wait(params, run):
    run.sleep(1000)

def fail(params, run):
    print("noise", run.settings, file=sys.stderr)
    raise ValueError(run.settings, run)

@hookimpl
def sysmon_metrics():
    def metric(name, function, **more):
        return Metric(name=name, title=name, function=function, settings=Settings, **more)
    long = dict(duration=lambda params: 20)
    return [metric("environ", environ), metric("long-environ", environ, **long),
            metric("wait", wait, **long), metric("fail", fail), metric("long-fail", fail, **long)]
"""
INI = """
[DEFAULT]
metres = 40

[plugin:fish-pond]
token = no
depth = %(metres)s
place = %(here)s
"""


@pytest.fixture
def site() -> Iterator[Site]:
    """A site with a plugin; its secret, as the service's, is in a variable."""
    with new_site(plugin_fish_pond_token=SECRET) as one:
        one.settings |= {
            "database_url": f"sqlite:///{one.folder}/{PASSWORD}.sqlite",
            "config": one.folder / "site.ini",
        }
        about = one.folder / "fishpond-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fishpond\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text("[sysmon]\nfish-pond = plugin_of_a_pond\n")
        (one.folder / "plugin_of_a_pond.py").write_text(MODULE)
        ini = (ROOT / "development.ini").read_text().replace("processes = 1", "processes = 2")
        (one.folder / "site.ini").write_text(ini + INI)
        yield one


def environ(site: Site) -> dict[str, str]:
    return site.environ() | {"PYTHONPATH": str(site.folder), "TZ": "UTC", "LANG": "de_DE.UTF-8"}


def said(site: Site, *words: str) -> str:
    """What a command prints, whether it succeeds or not."""
    started = site.start(BIN / "sysmon", *words, environ=environ(site))
    started.wait()
    return started.printed()


def task(site: Site, name: str) -> Any:
    """A task that a worker has run to its end."""
    path = site.client.submit(name)
    until(lambda: site.client.has_ended(path))
    return site.client.task(path)


@pytest.mark.timeout(180)
def test_functions_see_the_same_anywhere_and_a_secret_is_not_shown(site: Site) -> None:
    started = welcomed(site.start(BIN / "sysmon", "start", environ=environ(site)))
    told = [
        site.client.get("/v1/environ/").json["environ"],
        site.client.get("/v1/long-environ/").json["long-environ"],
        task(site, "long-environ")["result"]["long-environ"],
        said(site, "run", "environ"),
        said(site, "run", "long-environ"),
    ]
    assert {one.splitlines()[-1] for one in told} == {told[0].strip()}
    seen = json.loads(told[0])
    fixed = {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
    assert seen["environ"] == {"HOME": str(site.folder), "TZ": "UTC"} | fixed
    imports = re.findall(r"^imported (.*)$", "\n".join([started.printed(), *told]), re.MULTILINE)
    assert len(imports) > 4
    assert set(imports) == {json.dumps(seen["environ"], sort_keys=True)}
    assert seen["given"] == {"token": SECRET[::-1], "depth": 40, "place": str(site.folder)}

    path = site.client.submit("wait")
    until(lambda: site.pids("isolated_run"))
    commands = [one.command for one in site.processes().values()]
    site.client.delete(path)
    faults = [
        site.client.get("/v1/fail/").body.decode(),
        site.client.get("/v1/long-fail/").body.decode(),
        str(task(site, "long-fail")),
        said(site, "run", "fail"),
        said(site, "run", "long-fail"),
    ]
    assert all("ValueError" in fault for fault in faults)
    shown = [
        *commands,
        *faults,
        said(site, "metrics"),
        said(site, "metrics", "--output", "json"),
        said(site, "plugin", "check", "fail"),
        site.client.get("/openapi.json").body.decode(),
        started.printed(),
    ]
    assert started.printed().count("Traceback") >= 3
    assert not [text for text in shown if SECRET in text]

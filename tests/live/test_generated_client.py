"""A client that openapi-python-client generates from the API document works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import METRICS, started_redis
from tests.support.site import BIN, Site

SCRIPT = Path(__file__).with_name("generated_client.py")
HEADING = "Device tps kB_read/s kB_wrtn/s kB_dscd/s kB_read kB_wrtn kB_dscd"
IOSTAT = f"""#!/bin/sh
echo "{HEADING}"
echo "vda 0.50 20.00 1.10 0.00 200 11 0"
"""

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def programs(site: Site) -> Path:
    """A folder with an iostat that has a disk, whatever the host has."""
    folder = site.folder / "programs"
    folder.mkdir()
    program = folder / "iostat"
    program.write_text(IOSTAT)
    program.chmod(0o755)
    return folder


def generated(site: Site) -> str:
    """Generate the client into the site's folder; return what the generator said."""
    document = site.folder / "openapi.json"
    document.write_bytes(site.client.get("/openapi.json").body)
    words = ("generate", "--path", document, "--meta", "none", "--output-path", "client")
    environ = dict(os.environ) | {"PATH": f"{BIN}:{os.environ['PATH']}"}  # for its formatter
    done = subprocess.run(
        [BIN / "openapi-python-client", *words],
        cwd=site.folder,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


@pytest.fixture
def ready(site: Site) -> Iterator[Site]:
    """The site with its database and Redis."""
    site.said(BIN / "sysmon", "database", "upgrade")
    site.said(BIN / "sysmon", "user", "bootstrap")
    with started_redis(site.var):
        yield site


def test_a_generated_client_lists_starts_waits_and_reads(ready: Site, programs: Path) -> None:
    path = f"{programs}:/usr/bin:/bin"
    site = ready
    token = site.said(BIN / "sysmon", "token", "create", "admin", "--name", "x", "--scope", "run")
    site.server(command_path=path)
    site.worker(command_path=path)
    said = generated(site)
    assert "warning" not in said.lower(), said
    shutil.copy(SCRIPT, site.folder)
    url = f"http://127.0.0.1:{site.port}"
    done = subprocess.run(
        [sys.executable, SCRIPT.name, url, token.split()[-1]],
        cwd=site.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"metrics {' '.join(METRICS)}",
        "made SUCCESS 1.0",
        "again True",
        "task iostat True None",
        "samples 1 device",
        "rows True True",
        "listed True",
        "problem 404 task-not-found",
    ]

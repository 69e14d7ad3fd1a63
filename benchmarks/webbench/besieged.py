"""A server under siege: ``besiege.py`` in a process of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.common.environments import ROOT
from benchmarks.common.figures import say
from benchmarks.webbench.ours import PASSWORD, USER
from benchmarks.webbench.server import HOST, Server

TRUSTING = {"SYSMON_TRUSTED_PROXIES": HOST}  # so that one client can be many


@contextlib.contextmanager
def besieged(name: str, title: str, server: Server) -> Iterator[None]:
    """Besiege the server in the context, then show what it answered."""
    words = ["-m", "benchmarks.webbench.besiege", name, str(server.port)]
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, *words, f"{USER}:{PASSWORD}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as besieger:
        try:
            if besieger.stdout is None or "standing" not in besieger.stdout.readline():
                raise RuntimeError(f"the siege {name} does not stand")
            yield
            told, _ = besieger.communicate("", timeout=60)
        except BaseException:
            besieger.kill()
            raise
        say(f"    {title}: its answers, by status: {json.loads(told)}")

"""Servers that share a port: each answers there, and whoever is left answers everyone."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tests.live.conftest import BIN, HOST, Client, Site, Started

ONE, OTHER = "127.0.0.2", "127.0.0.3"  # where each of them alone is asked; they share HOST
MANY = 40  # connections: that all of them come to one of two by chance happens to nobody


def start(site: Site, section: str, *hosts: str) -> Started:
    """A server as that section of production.ini has it, at the site's port of these addresses."""
    words = (BIN / "pserve", "--server-name", section, ROOT / "production.ini")
    listen = " ".join(f"{host}:{site.port}" for host in hosts)
    return site.start(*words, environ=site.environ(SYSMON_LISTEN=listen))


def sharing(site: Site, own: str) -> Started:
    """A server that shares the site's port and has an address of its own, up."""
    return start(site, "shared", own, HOST).up(Client(site.port, own).answers)


def answered(site: Site, own: str) -> int:
    """How often the server with this address of its own has told the uptime."""
    page = Client(site.port, own).get("/metrics").body.decode()
    counts = re.findall(r'sysmon_requests_total{.*route="/v1/uptime/".*} (\d+)', page)
    return sum(map(int, counts))


def ask(site: Site) -> None:
    """Ask for the uptime where all share, on so many new connections."""
    statuses = [site.client.get("/v1/uptime/").status for _ in range(MANY)]
    assert statuses == [200] * MANY


def test_each_answers_where_they_share(site: Site) -> None:
    sharing(site, ONE)
    sharing(site, OTHER)
    ask(site)
    counts = [answered(site, own) for own in (ONE, OTHER)]
    assert all(counts)
    assert sum(counts) == MANY


def test_who_is_left_answers_everyone_and_who_comes_back_has_its_part(site: Site) -> None:
    first = sharing(site, ONE)
    sharing(site, OTHER)
    first.popen.kill()
    first.wait()
    ask(site)
    assert answered(site, OTHER) == MANY
    sharing(site, ONE)
    ask(site)
    assert answered(site, ONE)


@pytest.mark.parametrize(("there", "comes"), [("shared", "main"), ("main", "shared")])
def test_who_does_not_share_is_alone(site: Site, there: str, comes: str) -> None:
    start(site, there, HOST).up(site.client.answers)
    refused = start(site, comes, HOST)
    assert refused.wait() != 0
    last = refused.printed().splitlines()[-1]
    assert f"The server cannot listen on {HOST}:{site.port} as the ini file says: " in last
    assert "Address already in use" in last
    assert site.client.answers()

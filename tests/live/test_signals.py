"""Signals that scripts send which rotate logs: nothing ends."""

from __future__ import annotations

import signal

import pytest

from tests.conftest import started_redis, until
from tests.support.processes import kill
from tests.support.site import BIN, Site, welcomed


def send_all(site: Site, number: signal.Signals) -> None:
    """Send the signal to each process of ours here, as ``systemctl kill`` does."""
    before = ours(site)
    for pid in before:
        kill(pid, number)
    assert site.client.answers()
    assert ours(site) == before


def ours(site: Site) -> set[int]:
    return site.processes().keys() - set(site.pids("redis-server"))


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_all_parts_go_on_when_logs_are_rotated(site: Site, number: signal.Signals) -> None:
    welcomed(site.run())
    task = site.busy()
    send_all(site, number)
    assert site.client.state(task) == "STARTED"


@pytest.mark.parametrize("command", ["pserve", "sysmon"])
def test_a_server_alone_goes_on_when_logs_are_rotated(site: Site, command: str) -> None:
    if command == "pserve":
        site.server_with("processes = 2")
        until(lambda: len(ours(site)) == 3)  # with the one that starts both
    else:
        site.start(BIN / "sysmon", "serve").up(site.client.answers)
    send_all(site, signal.SIGUSR1)


def test_a_worker_alone_goes_on_when_logs_are_rotated(site: Site) -> None:
    site.var.mkdir()
    with started_redis(site.var):
        site.server()
        site.worker()
        task = site.busy()
        send_all(site, signal.SIGUSR2)
        assert site.client.state(task) == "STARTED"

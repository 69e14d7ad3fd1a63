"""A stop: which signal ends everything, and what the next start finds."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import until
from tests.live.make_run.conftest import Running, admin
from tests.support.client import Answer
from tests.support.processes import Process, Started
from tests.support.site import BIN, Site, new_site, welcomed

pytestmark = pytest.mark.timeout(120)  # fixtures start whole copies one after the other

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
ANN = {"username": "ann", "password": "secret", "fullname": "Ann"}


@pytest.fixture(scope="module")
def stopped() -> Iterator[dict[signal.Signals, Running]]:
    """Copies side by side, each with an iostat running, whose runners were sent signals."""
    with contextlib.ExitStack() as stack:
        sites = {number: stack.enter_context(new_site()) for number in SIGNALS}
        copies = {number: (site, site.run()) for number, site in sites.items()}
        for _, copy in copies.values():
            welcomed(copy)
        tasks = {site.busy(): site for site, _ in copies.values()}
        for task, owner in tasks.items():
            for site in sites.values():
                assert site.client.get(task).status == (200 if site is owner else 404)
        for number, (_, copy) in copies.items():
            copy.popen.send_signal(number)
        yield copies


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_runner_leaves_no_process(
    stopped: dict[signal.Signals, Running], number: signal.Signals
) -> None:
    site, runner = stopped[number]
    assert runner.wait() == 0
    until(lambda: site.processes() == {})


def test_under_nohup_a_closed_terminal_is_ignored(site: Site) -> None:
    words = ("nohup", BIN / "sysmon", "start")
    copy = welcomed(site.start(*words))
    status = Path(f"/proc/{copy.popen.pid}/status").read_text()
    (ignored,) = re.findall(r"^SigIgn:\s*(\w+)$", status, re.MULTILINE)
    assert int(ignored, 16) & 1 << signal.SIGHUP - 1


@dataclass(frozen=True)
class Life:
    """What was seen of a copy that was started and stopped twice."""

    first: Started
    second: Started
    after_term: dict[int, Process]
    after_ctrl_c: dict[int, Process]
    users: Answer
    finished: Answer
    stopped: Answer


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    """Each time an iostat runs when it is stopped: by TERM to make, then by Ctrl-C."""
    with new_site() as site:
        first = site.make_run()
        user = admin(first)
        assert site.client("POST", "/v3/users/", user, ANN).status == 201
        done, cut = site.client.finished(), site.busy()
        first.terminate()
        after_term = site.processes()
        second = site.make_run()
        seen = [site.client.get(path, user) for path in ("/v3/users/", done, cut)]
        site.busy()
        os.killpg(second.popen.pid, signal.SIGINT)  # as a terminal does it
        second.wait()
        yield Life(first, second, after_term, site.processes(), *seen)


def test_only_the_first_start_prints_a_password(life: Life) -> None:
    assert admin(life.first)
    assert "assword" not in life.second.printed()


def test_users_are_found_again_after_a_restart(life: Life) -> None:
    assert life.users.json == {"users": ["admin", "ann"]}


def test_a_finished_task_is_found_again_after_a_restart(life: Life) -> None:
    assert life.finished.json["state"] == "SUCCESS"
    assert "Device" in life.finished.json["result"]["iostat"]


def test_a_task_that_a_stop_cut_short_has_failed(life: Life) -> None:
    assert life.stopped.json["state"] == "FAILURE"
    assert "worker was shut down" in life.stopped.json["result"]


def test_term_to_make_leaves_no_process(life: Life) -> None:
    assert life.after_term == {}


def test_ctrl_c_leaves_no_process(life: Life) -> None:
    assert life.after_ctrl_c == {}


def test_a_runner_killed_by_9_leaves_no_process(stopped: dict[signal.Signals, Running]) -> None:
    site, runner = stopped[signal.SIGKILL]
    assert runner.wait() == -signal.SIGKILL
    until(lambda: not site.pids("pserve"))
    until(lambda: not site.processes(), 45)  # a worker tries for long to tell a Redis that is gone

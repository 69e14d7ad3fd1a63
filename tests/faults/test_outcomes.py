"""What a run gave while Redis was away is written when it is back, and no run is done twice."""

from __future__ import annotations

import hashlib
import time

import pytest
import redis

from sysmon_core import settings
from sysmon_core.redis_store.client import WORKER_TIMEOUT_SECONDS
from sysmon_core.redis_store.script import ALLOW_OOM_HEADER
from sysmon_core.tasks.results import ResultStore, make_backend
from sysmon_core.tasks.scripts import ending_constants, ending_transition
from tests.conftest import until
from tests.faults.proxy import Mode, Proxy
from tests.faults.site import DEVELOPMENT, Site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

AWAY = 20.0  # seconds


def two_endings(site: Site) -> list[str]:
    """Running tasks that end soon: well, badly."""
    tasks = [site.client.submit("once", key=n, kind=n % 2, tenths=25) for n in range(8)]
    until(lambda: site.starts().total() == 8)
    return tasks


def check_endings(site: Site, tasks: list[str]) -> None:
    site.until_state("SUCCESS", *tasks[::2])
    site.until_state("FAILURE", *tasks[1::2])
    for key, task in enumerate(tasks):
        result = site.client.task(task)["result"]
        said = f"done {key}" if key % 2 == 0 else "told to fail"
        assert said in str(result)
    assert set(site.starts().values()) == {1}


def test_outcomes_are_written_after_redis_was_killed_and_restarted(site: Site) -> None:
    redis = site.redis()
    site.server()
    site.worker()
    tasks = two_endings(site)
    redis.kill()
    until(lambda: not site.running("/work "))
    site.redis()
    check_endings(site, tasks)
    site.until_state("SUCCESS", site.client.submit("once", key=99))


def test_outcomes_are_written_after_redis_hung(site: Site) -> None:
    redis = site.redis()
    site.server()
    site.worker()
    tasks = two_endings(site)
    redis.freeze()
    begin = time.monotonic()
    until(lambda: time.monotonic() - begin > AWAY, AWAY + 10)
    assert not site.running("/work ")
    redis.thaw()
    check_endings(site, tasks)
    site.until_state("SUCCESS", site.client.submit("once", key=99))


def start_script() -> bytes:
    """The name under which Redis keeps the script that begins a run, by the settings of a site."""
    config = settings.load_file(str(DEVELOPMENT))
    prefix = ResultStore(make_backend(redis.Redis())).key("")
    text = ending_transition("start", ending_constants(config, prefix))
    return hashlib.sha1(ALLOW_OOM_HEADER + text.encode()).hexdigest().encode()


QUESTIONS = {"what to do": b"\r\nfetch\r\n", "whether to start": start_script()}


@pytest.fixture(params=list(QUESTIONS.values()), ids=list(QUESTIONS))
def question(request: pytest.FixtureRequest) -> bytes:
    """A word of something that a worker asks Redis."""
    word: bytes = request.param
    return word


def test_tasks_run_once_although_redis_hangs_when_asked_whether_to_start(
    site: Site, proxy: Proxy
) -> None:
    site.redis()
    site.server()
    worker = site.worker(redis_url=proxy.url)
    site.until_state("SUCCESS", site.client.submit("once", key=1))
    proxy.become(Mode.HANG, QUESTIONS["whether to start"])
    tasks = [site.client.submit("once", key=n) for n in range(2, 12)]
    begin = time.monotonic()
    until(lambda: time.monotonic() - begin > WORKER_TIMEOUT_SECONDS + 2, AWAY + 10)
    assert set(site.starts()) == {1}  # all others are asked about
    proxy.become(Mode.PASS)
    site.until_state("SUCCESS", *tasks)
    assert worker.popen.poll() is None
    assert set(site.starts().values()) == {1}


def test_tasks_run_once_although_the_answer_of_redis_is_lost(
    site: Site, proxy: Proxy, question: bytes
) -> None:
    site.redis()
    site.server()
    worker = site.worker(redis_url=proxy.url)
    tasks = []
    for key in range(10):
        proxy.become(Mode.MUTE, question)
        tasks.append(site.client.submit("once", key=key))
        time.sleep(0.05)  # a moment in which the worker asks, or is just starting to listen again
        proxy.become(Mode.PASS)
        tasks.append(site.client.submit("once", key=100 + key))
    assert proxy.lost_answers
    site.until_state("SUCCESS", *tasks)
    assert worker.popen.poll() is None
    assert set(site.starts().values()) == {1}

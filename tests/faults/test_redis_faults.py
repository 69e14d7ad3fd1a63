"""Whatever ails Redis, the API answers at once, and all is well again when Redis is."""

from __future__ import annotations

import pytest

from tests.conftest import until
from tests.faults.proxy import Mode, Proxy
from tests.faults.site import Site
from tests.support.client import Answer
from tests.support.processes import START_SECONDS

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


@pytest.fixture
def through(site: Site, proxy: Proxy) -> Site:
    """A site whose server and worker reach Redis through the proxy."""
    site.redis()
    site.server(redis_url=proxy.url)
    site.worker(redis_url=proxy.url)
    site.until_state("SUCCESS", site.client.submit("once"))
    return site


def check_what_needs_no_redis(site: Site) -> None:
    assert site.client.get("/").at_once(200)
    assert site.client.get("/v1/").at_once(200)
    assert site.client.get("/v1/iostat/").at_once(200)
    assert site.client.get("/v2/").at_once(200)


def tasks_answer(site: Site, task: str) -> list[Answer]:
    """What the API says about tasks, each way of asking once."""
    return [site.client.ask_for("once"), site.client.get(task), site.client.delete(task)]


def recovers(site: Site) -> None:
    """A new task is done; the first answers may still be those of the fault."""
    until(lambda: site.client.ask_for("once").status == 201)
    site.until_state("SUCCESS", site.client.submit("once"))


@pytest.mark.parametrize("mode", [Mode.REFUSE, Mode.HANG, Mode.RESET, Mode.MUTE])
def test_the_api_answers_at_once_and_recovers_when_redis(
    through: Site, proxy: Proxy, mode: Mode
) -> None:
    task = through.client.submit("once", tenths=36000, said=3600)
    proxy.become(mode)
    for _ in range(2):
        answers = tasks_answer(through, task)
        assert all(answer.at_once(503) for answer in answers), answers
        assert all(answer.headers["Retry-After"] for answer in answers)
        check_what_needs_no_redis(through)
    proxy.become(Mode.PASS)
    recovers(through)


def test_the_api_answers_at_once_when_redis_takes_300_ms(through: Site, proxy: Proxy) -> None:
    task = through.client.submit("once", tenths=36000, said=3600)
    proxy.delay = 0.15  # each way
    for _ in range(4):
        made = through.client.ask_for("once")
        assert made.at_once(201) or made.at_once(503), made
        shown = through.client.get(task)
        assert shown.at_once(200) or shown.at_once(503), shown
        check_what_needs_no_redis(through)
    deleted = through.client.delete(task)
    assert deleted.at_once(204) or deleted.at_once(503), deleted
    proxy.delay = 0
    recovers(through)


def test_tasks_are_done_though_redis_takes_300_ms(through: Site, proxy: Proxy) -> None:
    through.server()  # for the worker alone
    proxy.delay = 0.15
    tasks = [through.client.submit("once", key=key) for key in range(1, 21)]
    running = through.client.submit("once", key=99, tenths=36000, said=3600)
    through.until_state("SUCCESS", *tasks)
    until(lambda: through.starts()[99] == 1)
    assert through.client.delete(running).status == 204
    until(lambda: not through.running("work 99 "))
    assert all(through.starts()[key] == 1 for key in range(1, 21))


def test_all_goes_on_by_itself_when_redis_is_restarted(site: Site) -> None:
    redis = site.redis()
    site.server()
    site.worker()
    running = site.client.submit("once", key=1, tenths=36000, said=3600)
    site.until_state("STARTED", running)
    for key in (2, 3):
        redis.kill()
        assert site.client.get(running).at_once(503)
        redis = site.redis()
        recovers(site)
        assert site.client.state(running) == "STARTED"
        site.until_state("SUCCESS", site.client.submit("once", key=key))
    assert site.client.delete(running).status == 204
    until(lambda: not site.running("work 1 "))


def test_a_full_redis_refuses_tasks_and_takes_them_again_when_it_has_room(site: Site) -> None:
    site.redis()
    site.server()
    site.worker()
    ending = site.client.submit("once", key=1, tenths=15)
    going_on = site.client.submit("once", key=2, tenths=36000, said=3600)
    until(lambda: site.starts().total() == 2)
    queued = [site.client.submit("once", key=n, tenths=10) for n in range(3, 30)]
    site.store.config_set("maxmemory", 1)
    answer = site.client.ask_for("once")
    assert answer.at_once(503)
    assert answer.headers["Retry-After"]
    check_what_needs_no_redis(site)
    until(lambda: not site.running("work 1 "))
    site.store.config_set("maxmemory", 0)
    site.until_state("SUCCESS", ending, *queued)
    assert set(site.starts().values()) == {1}
    assert site.client.state(going_on) == "STARTED"
    recovers(site)


def test_a_redis_that_would_throw_tasks_away_is_refused(site: Site) -> None:
    site.redis("--maxmemory-policy", "allkeys-lru")
    worker = site.booting_worker()
    until(lambda: worker.popen.poll() is not None, START_SECONDS)
    assert worker.popen.returncode != 0
    assert "allkeys-lru" in worker.printed()
    assert "noeviction" in worker.printed()


@pytest.mark.parametrize("when", ["when it comes", "later"])
def test_a_redis_that_would_throw_tasks_away_ends_a_worker(site: Site, when: str) -> None:
    if when == "later":
        site.redis()
        worker = site.worker()
        site.store.config_set("maxmemory-policy", "volatile-lru")
    else:
        worker = site.booting_worker()
        until(lambda: "Redis does not answer" in worker.printed(), START_SECONDS)
        site.redis("--maxmemory-policy", "volatile-lru")
    until(lambda: worker.popen.poll() is not None, START_SECONDS)
    assert "(maxmemory-policy volatile-lru): set it to noeviction" in worker.printed()

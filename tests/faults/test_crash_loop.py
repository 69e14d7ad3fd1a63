"""Random clients, random kills: what the clients were told holds against the promises.

``FAULT_ROUNDS`` is the number of kills, ``FAULT_SEED`` repeats a run as far as that can be.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.conftest import until
from tests.faults.history import Player, Story
from tests.faults.model import Model
from tests.faults.site import LOST_SECONDS, Site
from tests.support.client import FINAL
from tests.support.processes import kill

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "100"))
SEED = int(os.environ.get("FAULT_SEED", random.randrange(10**9)))
PLAYERS = 3
MOMENT = 0.1  # seconds: a kill and the moment noted for it lie no further apart
VICTIMS = {"worker": 4, "main": 1, "child": 2, "redis": 4, "server": 1, "all": 1, "nobody": 2}


class Loop:
    """The parts of a site, one after another killed and started again."""

    def __init__(self, site: Site, dice: random.Random) -> None:
        self._site = site
        self._dice = dice
        self.outages: list[float] = []
        self._redis, self._server = site.redis(), site.server()
        self._worker = site.worker()

    def round(self) -> None:
        """One kill at a random moment."""
        threading.Event().wait(self._dice.uniform(0, 0.6))
        (victim,) = self._dice.choices(tuple(VICTIMS), tuple(VICTIMS.values()))
        if victim in {"worker", "main", "child", "all"}:
            self._strike_worker(victim)
        if victim in {"redis", "all"}:
            self.outages.append(time.monotonic())
            self._redis.kill()
        if victim in {"server", "all"}:
            self._server.kill()
        self._start_again(victim)
        if self._dice.random() < 0.7:
            self.until_it_works()

    def _start_again(self, victim: str) -> None:
        if victim in {"redis", "all"}:
            self._redis = self._site.redis()
        if victim in {"worker", "main", "child", "all"}:
            self._worker = self._site.booting_worker()
        if victim in {"server", "all"}:
            self._server = self._site.server()

    def until_it_works(self) -> None:
        """Wait for the worker; no part may have ended without having been killed."""
        self._worker.up(self._site.listeners)
        for part in (self._redis, self._server):
            assert part.popen.poll() is None, part.printed()

    def _strike_worker(self, victim: str) -> None:
        every = self._site.processes().items()
        children = [pid for pid, one in every if one.parent == self._worker.popen.pid]
        if victim == "child" and children:
            for pid in children:
                kill(pid)
            self._worker.popen.wait(LOST_SECONDS)  # the main process ends with its child
            return
        self._worker.kill()
        for pid in children if victim != "main" else ():
            kill(pid)

    def close(self) -> None:
        """End the worker, and see that nothing of it is left."""
        self._worker.terminate()
        with contextlib.suppress(AssertionError):  # the next line tells what it was
            until(lambda: not self._site.left_besides(self._redis, self._server))
        assert not self._site.left_besides(self._redis, self._server)


@contextmanager
def playing(players: list[Player]) -> Iterator[None]:
    over = threading.Event()
    with ThreadPoolExecutor(len(players)) as pool:
        games = [pool.submit(player.play, over) for player in players]
        try:
            yield
        finally:
            over.set()
        for game in games:
            game.result()


def settle(site: Site, player: Player) -> None:
    """Look at each task until it has ended or is gone, and then once more."""
    end = time.monotonic() + 2 * LOST_SECONDS
    for story in [one for one in player.stories if one.path]:
        while not is_settled(player, story):
            assert time.monotonic() < end, f"FAULT_SEED={SEED}: {story}: {traces(site, story)}"
            time.sleep(0.1)  # between two looks
        player.show(story)


def is_settled(player: Player, story: Story) -> bool:
    event = player.show(story)
    return event.status == 404 or event.state in FINAL


def traces(site: Site, story: Story) -> str:
    """What is in Redis of a task that does not end, and what the parts have to say."""
    record = site.store.hgetall(f"sysmon:task:{story.path.rpartition('/')[2]}")
    message = record.get("message", "")
    places = [
        key for key in site.store.keys("sysmon:queue:*") if message in str(contents(site, key))
    ]
    return f"{record} in {places}, workers {site.listeners()}"


def contents(site: Site, key: str) -> object:
    """A key of the queue, whatever it is."""
    readers: dict[str, Callable[[], object]] = {
        "list": lambda: site.store.lrange(key, 0, -1),
        "set": lambda: site.store.smembers(key),
        "hash": lambda: site.store.hkeys(key),
        "zset": lambda: site.store.zrange(key, 0, -1),
    }
    return readers[site.store.type(key)]()


def breaches(site: Site, stories: list[Story], outages: list[float]) -> Iterator[str]:
    starts, begun = site.starts(), site.begun()
    for story in stories:
        begin, end = story.asked
        cut_short = any(begin - MOMENT < outage < end + MOMENT for outage in outages)
        task_id = story.path.rpartition("/")[2]
        model = Model(story, starts[story.key], begun=task_id in begun, cut_short=cut_short)
        for breach in model.breaches():
            yield f"{breach}: {story}"
        recorded = site.store.hget(f"sysmon:task:{task_id}", "starts")
        if recorded is not None and starts[story.key] > int(recorded):
            yield f"it ran when it was not to: {story}"


def test_answers_to_clients_hold_through_random_kills(site: Site) -> None:
    dice = random.Random(SEED)
    loop = Loop(site, dice)
    players = [Player(n, site.client, random.Random(SEED + n)) for n in range(1, PLAYERS + 1)]
    with playing(players):
        for _ in range(ROUNDS):
            loop.round()
    loop.until_it_works()
    for player in players:
        settle(site, player)
    until(lambda: site.store.zcard("sysmon:leases") == 0, LOST_SECONDS)
    until(lambda: site.store.zcard("sysmon:open") == 0, LOST_SECONDS)
    assert site.store.keys("sysmon:open:*") == []
    loop.close()
    stories = [story for player in players for story in player.stories]
    print(f"{ROUNDS} rounds, {len(stories)} submissions, {site.starts().total()} starts")  # noqa: T201 - for the reader
    found = list(breaches(site, stories, loop.outages))
    assert not found, f"FAULT_SEED={SEED}: {len(found)} breaches\n" + "\n".join(found)

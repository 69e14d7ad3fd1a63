"""How long one task waits: from submission to its end, and from a cancel to silence."""

from __future__ import annotations

import os
import random
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.common.processes import PATIENCE, launcher, tree, until
from benchmarks.taskbench.systems import FINAL, LONG, NO_OP, Place, System

GAPS = (0.05, 0.25)  # seconds between two submissions; each system's own are several times that
EVENTS = "Kgh$"  # what Redis tells of: changes of hashes and strings, and expiries that are set
PROGRAM = "iostat"


@dataclass
class Waits:
    """Milliseconds from the beginning of the request: its answer, the start, the end."""

    accepted: list[float] = field(default_factory=list)
    started: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)


class Follower:
    """Hears from Redis of each change of a system's records: nobody polls."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._prefix = f"__keyspace@{system.db}__:{system.record}"
        client: Any = system.redis
        self._pubsub = client.pubsub(ignore_subscribe_messages=True)
        self._pubsub.psubscribe(self._prefix + "*")
        self._pubsub.get_message(timeout=1)

    def close(self) -> None:
        """Hear no more."""
        self._pubsub.close()

    def follow(self, task_id: str) -> dict[str, float]:
        """When each state of the task was first heard of, up to its end."""
        seen: dict[str, float] = {}
        end = time.monotonic() + PATIENCE
        while not FINAL & seen.keys():
            message = self._pubsub.get_message(timeout=1)
            now = time.monotonic()
            if message and message["channel"].decode() == self._prefix + task_id:
                seen.setdefault(str(self._system.state(task_id)), now)
            if now > end:
                raise RuntimeError(f"a task of {self._system.label} did not end: {seen}")
        return seen


def dispatch(systems: Sequence[System], times: int) -> tuple[list[Waits], list[float]]:
    """Submit a no-op to each system in turn, at random moments, and follow it.

    Returns also what the program alone takes, started and awaited between them.
    """
    alone: list[float] = []
    dice = random.Random(1)  # noqa: S311 - the same gaps in every run
    waits = [Waits() for _ in systems]
    systems[0].redis.config_set("notify-keyspace-events", EVENTS)
    followers = [Follower(system) for system in systems]
    turns = list(zip(systems, followers, waits, strict=True))
    try:
        for _ in range(times):
            for system, follower, wait in turns:
                time.sleep(dice.uniform(*GAPS))
                _once(system, follower, wait)
            alone.append(_alone(systems[0].place))
    finally:
        for follower in followers:
            follower.close()
        systems[0].redis.config_set("notify-keyspace-events", "")
    return waits, alone


def _alone(place: Place) -> float:
    program = shutil.which(PROGRAM, path=place.programs) or PROGRAM
    begin = time.monotonic()
    subprocess.run(  # noqa: S603 - our own words
        [*launcher("KILL"), program, "-d", "1", "1"], stdout=-1, check=True
    )
    return (time.monotonic() - begin) * 1000


def _once(system: System, follower: Follower, waits: Waits) -> None:
    begin = time.monotonic()
    task_id = system.submit(NO_OP)
    accepted = time.monotonic()
    seen = follower.follow(task_id)
    if "SUCCESS" not in seen:
        raise RuntimeError(f"{system.label}: {system.request('GET', f'/v2/task/{task_id}')}")
    waits.accepted.append((accepted - begin) * 1000)
    waits.ended.append((seen["SUCCESS"] - begin) * 1000)
    if "STARTED" in seen:  # else it was over before anybody could look
        waits.started.append((seen["STARTED"] - begin) * 1000)


def programs_of(system: System) -> list[int]:
    """Ids of the programs that the system's worker runs now."""
    worker = system.worker
    return [entry.pid for entry in tree(worker.pid) if entry.name == PROGRAM] if worker else []


def cancel(systems: Sequence[System], times: int) -> list[list[float]]:
    """Milliseconds from a DELETE to the end of the program, each system in turn."""
    waits: list[list[float]] = [[] for _ in systems]
    for _ in range(times):
        for system, mine in zip(systems, waits, strict=True):
            mine.append(_cancel_once(system) * 1000)
    return waits


def _cancel_once(system: System) -> float:
    """Seconds from a DELETE to the end of the program.

    Raises:
        RuntimeError: the cancel was not done as it must be.
    """
    task_id = system.submit(LONG)
    until(lambda: programs_of(system), f"a program of {system.label}", 0.01, PATIENCE)
    (pid,) = programs_of(system)
    path = f"/v2/task/{task_id}"
    exited = os.pidfd_open(pid)
    connection = system.connect()
    try:
        connection.connect()
        begin = time.monotonic()
        connection.request("DELETE", path)
        gone, _, _ = select.select([exited], [], [], PATIENCE)
        seconds = time.monotonic() - begin
        status = connection.getresponse().status
    finally:
        connection.close()
        os.close(exited)
    state = system.request("GET", path)[2]["state"]
    if not gone or status != 204 or state != "REVOKED":
        raise RuntimeError(f"{system.label}: a cancel that was none: {status}, {state}, {gone}")
    until(lambda: not programs_of(system), f"an end without remains in {system.label}", 0.01, 5)
    return seconds

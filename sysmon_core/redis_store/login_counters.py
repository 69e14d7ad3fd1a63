"""The counters of log-ins that all servers of one Redis share: a string for each slice of time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import redis

from sysmon_core.errors import CountersUnavailable
from sysmon_core.redis_store.keys import LOGIN_COUNTERS
from sysmon_core.redis_store.script import script_text
from sysmon_core.services.windows import COUNTED, ROW_BITS, ROWS, Rule, Thing

PACKAGE = "sysmon_core.redis_store"
SECRET = f"{LOGIN_COUNTERS}:secret"  # decides which cells a counter has: the same for all servers
LAYOUT = {"ROWS": ROWS, "ROW_BITS": ROW_BITS, "COUNTED": COUNTED}


class RedisRateCounters:
    """Counts as ``sysmon_core.services.windows`` says, each method one script."""

    def __init__(self, client: redis.Redis) -> None:
        self._script = client.register_script(script_text(PACKAGE, ["login_counters"], LAYOUT))

    def wait(self, things: Sequence[Thing], now: float) -> float:
        """In how many seconds there is room for one more of each; 0 if there is."""
        return self._do("wait", 0, things, now)

    def add(self, things: Sequence[Thing], now: float) -> float:
        """Count one more of each if there is room for all; gives what ``wait`` gives."""
        return self._do("add", 1, things, now)

    def change(self, things: Sequence[Thing], when: float, by: int) -> None:
        """Count so many more or less of each, as of then, room or no room."""
        self._do("change", by, things, when)

    def clear(self, things: Sequence[Thing], now: float) -> None:
        """Forget all of these."""
        self._do("clear", 0, things, now)

    def _do(self, task: str, by: int, things: Sequence[Thing], now: float) -> float:
        keys: list[str] = [SECRET]
        words: list[str | int] = [task, by, secrets.token_hex(16)]
        for name, rule in ((thing.name, thing.rule) for thing in things):
            slices = rule.slices(now)
            keys += [_key(rule, number) for number in slices]
            words += [name, rule.most, rule.bits]
            words += [max(1, round((rule.leaves(number) - now) * 1000)) for number in slices]
        try:
            return int(self._script(keys, words)) / 1000
        except redis.RedisError as error:
            raise CountersUnavailable(str(error)) from error


def _key(rule: Rule, number: int) -> str:
    return f"{LOGIN_COUNTERS}:{rule.name}:{rule.most}:{rule.seconds}:{number}"

"""The counters of log-ins that all servers of one Redis share: a string for each slice of time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import redis

from sysmon_core.errors import CountersUnavailable
from sysmon_core.redis_store.keys import LOGIN_COUNTERS
from sysmon_core.redis_store.script import script_text
from sysmon_core.services.rate_counters import (
    LIVE_SLICES,
    ROW_BITS,
    SKETCH_ROWS,
    CounterKey,
    RateLimit,
)

PACKAGE = "sysmon_core.redis_store"
SECRET = f"{LOGIN_COUNTERS}:secret"  # decides which cells a counter has: the same for all servers
SKETCH = {"SKETCH_ROWS": SKETCH_ROWS, "ROW_BITS": ROW_BITS, "LIVE_SLICES": LIVE_SLICES}


class RedisRateCounters:
    """Counts as ``sysmon_core.services.rate_counters`` says, each method one script."""

    def __init__(self, client: redis.Redis) -> None:
        self._script = client.register_script(script_text(PACKAGE, ["login_counters"], SKETCH))

    def retry_after(self, keys: Sequence[CounterKey], now: float) -> float:
        """Return the seconds until one more of each key is within its limit; 0 if it is now."""
        return self._do("retry_after", 0, keys, now)

    def add(self, keys: Sequence[CounterKey], now: float) -> float:
        """Count one more of each key if all are within their limits; return ``retry_after``."""
        return self._do("add", 1, keys, now)

    def change(self, keys: Sequence[CounterKey], when: float, by: int) -> None:
        """Add to the counts of a time, or subtract from them, whatever the limits are."""
        self._do("change", by, keys, when)

    def clear(self, keys: Sequence[CounterKey], now: float) -> None:
        """Set the counts of all live slices to zero."""
        self._do("clear", 0, keys, now)

    def _do(self, action: str, by: int, keys: Sequence[CounterKey], now: float) -> float:
        names: list[str] = [SECRET]
        words: list[str | int] = [action, by, secrets.token_hex(16)]
        for limit, name in keys:
            slices = limit.slices(now)
            names += [_redis_key(limit, number) for number in slices]
            words += [name, limit.max_count, limit.bits]
            words += [max(1, round((limit.expiry(number) - now) * 1000)) for number in slices]
        try:
            return int(self._script(names, words)) / 1000
        except redis.RedisError as error:
            raise CountersUnavailable(str(error)) from error


def _redis_key(limit: RateLimit, number: int) -> str:
    return f"{LOGIN_COUNTERS}:{limit.name}:{limit.max_count}:{limit.seconds}:{number}"

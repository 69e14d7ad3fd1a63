"""Where all servers of one Redis count guesses: a string of a fixed size for each slice of time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import redis

from sysmon_core.errors import CountersUnavailable
from sysmon_core.redis_store.keys import GUESSES
from sysmon_core.services.rate_counters import (
    LIVE_SLICES,
    ROW_BITS,
    SKETCH_ROWS,
    CounterKey,
    RateLimit,
)

SECRET = f"{GUESSES}:secret"  # decides which cells a thing has: Redis' own, the same for all

# KEYS: the secret, then for each thing its slices, the oldest first. ARGV: what to do, by how much,
# a secret if there is none, then for each thing its name, the most there may be, the bits of a
# cell, and in how many milliseconds each of its slices counts no more.
SCRIPT = (
    f"local ROWS, ROW_BITS, COUNTED = {SKETCH_ROWS}, {ROW_BITS}, {LIVE_SLICES}"
    """
local task, by = ARGV[1], tonumber(ARGV[2])
if task ~= 'wait' then redis.call('SET', KEYS[1], ARGV[3], 'NX') end
local secret = redis.call('GET', KEYS[1]) or ''

local function thing(number)
  local first = 4 + number * (3 + COUNTED)
  local it = {keys = {}, leaves = {}, cells = {}, kind = 'u' .. ARGV[first + 2]}
  it.most = tonumber(ARGV[first + 1])
  local bits, digest = tonumber(ARGV[first + 2]), redis.sha1hex(secret .. ARGV[first])
  for row = 1, ROWS do
    local column = tonumber(string.sub(digest, row * 8 - 7, row * 8), 16) % (ROW_BITS / bits)
    it.cells[row] = (row - 1) * ROW_BITS + column * bits
  end
  for slice = 1, COUNTED do
    it.keys[slice] = KEYS[1 + number * COUNTED + slice]
    it.leaves[slice] = tonumber(ARGV[first + 2 + slice])
  end
  return it
end

local function counts(it, slice)
  local asked = {}
  for _, cell in ipairs(it.cells) do
    for _, word in ipairs({'GET', it.kind, cell}) do asked[#asked + 1] = word end
  end
  return redis.call('BITFIELD_RO', it.keys[slice], unpack(asked))
end

local function least(found) return math.min(unpack(found)) end

local function wait(it)
  local sums, own = {}, {}
  for slice = 1, COUNTED do
    local found = counts(it, slice)
    own[slice] = least(found)
    for row = 1, ROWS do sums[row] = (sums[row] or 0) + found[row] end
  end
  local left, milliseconds = least(sums), 0
  for slice = 1, COUNTED do
    if left < it.most then return milliseconds end
    left, milliseconds = left - own[slice], it.leaves[slice]
  end
  return milliseconds
end

local function change(it, slice, more)
  local key = it.keys[slice]
  if redis.call('EXISTS', key) == 0 then
    if more < 0 then return end
    -- As a whole at once: a string that grows is given twice the room that it needs.
    redis.call('SETRANGE', key, ROWS * ROW_BITS / 8 - 1, string.char(0))
    redis.call('PEXPIRE', key, it.leaves[slice])
  end
  local asked = {'OVERFLOW', 'SAT'}
  for _, cell in ipairs(it.cells) do
    for _, word in ipairs({'INCRBY', it.kind, cell, more}) do asked[#asked + 1] = word end
  end
  redis.call('BITFIELD', key, unpack(asked))
end

local things, longest = {}, 0
for number = 0, (#KEYS - 1) / COUNTED - 1 do things[number + 1] = thing(number) end
for _, it in ipairs(things) do
  if task == 'wait' or task == 'add' then longest = math.max(longest, wait(it)) end
end
for _, it in ipairs(things) do
  if task == 'change' or task == 'add' and longest == 0 then change(it, COUNTED, by) end
  for slice = 1, task == 'clear' and COUNTED or 0 do
    local own = least(counts(it, slice))
    if own > 0 then change(it, slice, -own) end
  end
end
return longest
"""
)


class RedisRateCounters:
    """Counts as ``sysmon_core.services.rate_counters`` says, each method one script."""

    def __init__(self, client: redis.Redis) -> None:
        self._script = client.register_script(SCRIPT)

    def retry_after(self, keys: Sequence[CounterKey], now: float) -> float:
        """Return the seconds until one more of each key is within its limit; 0 if it is now."""
        return self._do("wait", 0, keys, now)

    def add(self, keys: Sequence[CounterKey], now: float) -> float:
        """Count one more of each key if all are within their limits; return ``retry_after``."""
        return self._do("add", 1, keys, now)

    def change(self, keys: Sequence[CounterKey], when: float, by: int) -> None:
        """Add to the counts of a time, or subtract from them, whatever the limits are."""
        self._do("change", by, keys, when)

    def clear(self, keys: Sequence[CounterKey], now: float) -> None:
        """Set the counts of all live slices to zero."""
        self._do("clear", 0, keys, now)

    def _do(self, task: str, by: int, keys: Sequence[CounterKey], now: float) -> float:
        names: list[str] = [SECRET]
        words: list[str | int] = [task, by, secrets.token_hex(16)]
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
    return f"{GUESSES}:{limit.name}:{limit.max_count}:{limit.seconds}:{number}"

"""Where all servers of one Redis count guesses: a string of a fixed size for each slice of time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import redis

from sysmon_core.errors import CountersUnavailable
from sysmon_core.redis_store.keys import GUESSES
from sysmon_core.services.windows import COUNTED, ROW_BITS, ROWS, Rule, Thing

SECRET = f"{GUESSES}:secret"  # decides which cells a thing has: Redis' own, the same for all

# KEYS: the secret, then for each thing its slices, the oldest first. ARGV: what to do, by how much,
# a secret if there is none, then for each thing its name, the most there may be, the bits of a
# cell, and in how many milliseconds each of its slices counts no more.
SCRIPT = (
    f"local ROWS, ROW_BITS, COUNTED = {ROWS}, {ROW_BITS}, {COUNTED}"
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
    """Counts as ``sysmon_core.services.windows`` says, each method one script."""

    def __init__(self, client: redis.Redis) -> None:
        self._script = client.register_script(SCRIPT)

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
    return f"{GUESSES}:{rule.name}:{rule.most}:{rule.seconds}:{number}"

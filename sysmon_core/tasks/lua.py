"""What the scripts have in common: a task's way from its client's line to a worker, and its end."""

from __future__ import annotations

from sysmon_core.redis_store import keys
from sysmon_core.settings import Settings
from sysmon_core.tasks.messages import ResultStore

LEASE = 15  # seconds without a sign of life after which a worker is suspected to be lost
PATIENCE = 5  # seconds that the suspicion must last: a worker that lives renews in between
FORSAKEN = 30  # seconds after the end of a lease at which one look is enough, without workers
ALIVE = 8  # seconds that a worker's heartbeat counts: four times its period
SLACK = 1  # seconds that a time may lie ahead: Lua rounds when it writes one
TRIMMED = 512  # finished records that one call takes away at most

BASE = (
    f"""
local TASK, OPEN, CLIENT, LEASES = '{keys.TASK}', '{keys.OPEN}', '{keys.CLIENT}', '{keys.LEASES}'
local ANONYMOUS, WORKERS = '{keys.ANONYMOUS}', '{keys.WORKERS}'
local LINE, TURNS, SLOTS = '{keys.LINE}', '{keys.TURNS}', '{keys.SLOTS}'
local QUEUE, WAKE, CANCELLED = '{keys.NAMESPACE}:', '{keys.WAKE}', '{keys.CANCELLED}'
local ALIVE, SLACK = {ALIVE}, {SLACK}
"""
    """
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function get(id, field) return redis.call('HGET', TASK .. id, field) end

local function waits(id)
  local state = get(id, 'state')
  return state == 'QUEUED' or state == 'RETRY'
end

-- The client's line before a queue, and those of its tasks that are past it.
local function places(queue, client)
  return LINE .. queue .. ' ' .. client, SLOTS .. queue .. ' ' .. client
end

local function wake(queue)
  redis.call('RPUSH', WAKE .. queue, 1)
  redis.call('LTRIM', WAKE .. queue, -64, -1)
  redis.call('EXPIRE', WAKE .. queue, 60)
end

-- A message to the end of its client's line, and a token for those who block on the queue.
local function send(id, queue, message, body)
  local client = get(id, 'client') or ''
  redis.call('HSET', TASK .. id, 'message', message)
  redis.call('HSET', QUEUE .. queue .. '.msgs', message, body)
  if redis.call('RPUSH', (places(queue, client)), message) == 1 then
    redis.call('LPUSH', TURNS .. queue, client)
  end
  wake(queue)
end

-- Out of the line, with its message, and out of the slot, which the next in line may have.
local function withdraw(id)
  local queue, client = get(id, 'queue') or '', get(id, 'client') or ''
  local line, slots = places(queue, client)
  local message = waits(id) and get(id, 'message')
  if message and redis.call('LREM', line, 1, message) == 1 then
    redis.call('HDEL', QUEUE .. queue .. '.msgs', message)
    if redis.call('EXISTS', line) == 0 then redis.call('LREM', TURNS .. queue, 1, client) end
  end
  if redis.call('SREM', slots, id) == 1 and redis.call('EXISTS', line) == 1 then wake(queue) end
end

local function live_workers()
  local time = now()
  return redis.call('ZRANGEBYSCORE', WORKERS, time - ALIVE, time + SLACK)
end
"""
)

ENDING = """
local function kind_of(id) return (get(id, 'owner') or '') == '' and 'anonymous' or 'users' end

-- Its name in the sorted sets tells all that must be known once the record has expired.
local function forget(kind, finished)
  local id, bytes, client = string.match(finished, '^(%S+) (%d+) (.*)$')
  redis.call('UNLINK', TASK .. id, RESULT .. id)
  redis.call('ZREM', FINISHED .. client, finished)
  if redis.call('ZREM', FINISHED .. kind, finished) == 1 then
    redis.call('HINCRBY', FINISHED_BYTES, kind, -bytes)
  end
end

-- Bounded work in each call, however many there are. The newest stays, however large.
local function trim(kind, client)
  local all, own = FINISHED .. kind, client and FINISHED .. client
  for _ = 1, TRIMMED do
    local count = redis.call('ZCARD', all)
    local oldest = redis.call('ZRANGE', all, 0, 0, 'WITHSCORES')
    local bytes = tonumber(redis.call('HGET', FINISHED_BYTES, kind) or 0)
    if oldest[1] and (tonumber(oldest[2]) <= now() or count > KEPT) then
      forget(kind, oldest[1])
    elseif count > 1 and bytes > KEPT_BYTES then
      forget(kind, oldest[1])
    elseif own and redis.call('ZCARD', own) > KEPT_PER_CLIENT then
      forget(kind, redis.call('ZRANGE', own, 0, 0)[1])
    else
      return
    end
  end
end

local function keep(id, bytes)
  local kind, client = kind_of(id), get(id, 'client') or ''
  local ttl = TTL[kind]
  local finished = id .. ' ' .. bytes .. ' ' .. client
  redis.call('HSET', TASK .. id, 'finished', finished)
  redis.call('EXPIRE', TASK .. id, ttl)
  redis.call('ZADD', FINISHED .. kind, now() + ttl, finished)
  redis.call('ZADD', FINISHED .. client, now() + ttl, finished)
  redis.call('EXPIRE', FINISHED .. client, ttl)
  redis.call('HINCRBY', FINISHED_BYTES, kind, bytes)
  trim(kind, client)
end

local function close(id, state, error, result)
  withdraw(id)
  redis.call('HSET', TASK .. id, 'state', state, 'error', error)
  redis.call('HINCRBY', ENDED, (get(id, 'metric') or '') .. ' ' .. state, 1)
  redis.call('ZREM', LEASES, id)
  redis.call('ZREM', OPEN, id)
  redis.call('ZREM', ANONYMOUS, id)
  redis.call('ZREM', CLIENT .. (get(id, 'client') or ''), id)
  local bytes = #error + redis.call('HSTRLEN', TASK .. id, 'params')
  if result then
    redis.call('DEL', RESULT .. id)
    redis.call('LPUSH', RESULT .. id, result)
    redis.call('EXPIRE', RESULT .. id, TTL[kind_of(id)])
    bytes = bytes + #result
  end
  keep(id, bytes)
end

-- Whether nobody can renew a lease or look again: no worker listens, and Redis has been there
-- long enough for one to have come back to it.
local function forsaken(overdue)
  if overdue < FORSAKEN or redis.call('PUBSUB', 'NUMSUB', CANCELLED)[2] > 0 then return false end
  local seconds = string.match(redis.call('INFO', 'server'), 'uptime_in_seconds:(%d+)')
  return tonumber(seconds) >= FORSAKEN
end

-- A lease that ran out means that its worker is lost, unless Redis itself was away: a worker
-- that lives renews within seconds of being able to. So the first look only marks it. One that
-- lies further ahead than leases are long is of before the clock was set back, and says nothing.
local function judge(id)
  if get(id, 'state') ~= 'STARTED' then return end
  local time = now()
  local lease = tonumber(redis.call('ZSCORE', LEASES, id) or 0)
  if lease > time and lease <= time + LEASE + SLACK then return end
  local suspected = tonumber(get(id, 'suspected'))
  if suspected and suspected > time + SLACK then suspected = nil end
  if not suspected and forsaken(time - lease) then suspected = 0 end
  if not suspected then
    redis.call('HSET', TASK .. id, 'suspected', time)
  elseif time - suspected >= PATIENCE then
    local starts = tonumber(get(id, 'starts'))
    if get(id, 'repeatable') == '1' and starts < 3 then
      withdraw(id)
      redis.call('HSET', TASK .. id, 'state', 'RETRY')
      redis.call('HDEL', TASK .. id, 'token', 'suspected', 'message')
      redis.call('ZREM', LEASES, id)
    else
      close(id, 'FAILURE', 'The worker was lost while it ran this task (start ' .. starts .. ')')
    end
  end
end
"""


def half(number: int) -> int:
    """What anonymous tasks together have of something, and no less than one."""
    return max(1, number // 2)


def prelude(settings: Settings, results: ResultStore) -> str:
    """All of it, with what the settings say; anonymous tasks and users' have half each."""
    anonymous = min(settings.task_ttl_anonymous, settings.task_ttl)
    constants = f"""
local ENDED, RESULT = '{keys.ENDED}', '{results.key("")}'
local FINISHED, FINISHED_BYTES = '{keys.FINISHED}', '{keys.FINISHED_BYTES}'
local LEASE, PATIENCE, FORSAKEN, TRIMMED = {LEASE}, {PATIENCE}, {FORSAKEN}, {TRIMMED}
local TTL = {{anonymous = {anonymous}, users = {settings.task_ttl}}}
local KEPT, KEPT_BYTES = {half(settings.tasks_kept)}, {half(settings.tasks_kept_bytes)}
local KEPT_PER_CLIENT = {settings.tasks_kept_per_client}
"""
    return BASE + constants + ENDING

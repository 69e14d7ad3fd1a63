"""The transitions of a task's record, each one Lua script that Redis runs as a whole.

A final state is final: every script looks at the state first. A run is known by its token, so
that a message which is delivered twice cannot speak for another delivery's run. The scripts
name keys that they are not given, so they want one Redis, not a cluster.
"""

from __future__ import annotations

from sysmon_core.tasks import keys

FORSAKEN = 30  # seconds after the end of a lease at which one look is enough, without workers

PRELUDE = (
    f"""
local TASK, OPEN, CLIENT, LEASES = '{keys.TASK}', '{keys.OPEN}', '{keys.CLIENT}', '{keys.LEASES}'
local ENDED = '{keys.ENDED}'
local QUEUE, WAKE, CANCELLED = '{keys.NAMESPACE}:', '{keys.WAKE}', '{keys.CANCELLED}'
local FORSAKEN = {FORSAKEN}
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

-- What Dramatiq's own script does to enqueue, and a token for those who block on the queue.
local function send(id, queue, message, body)
  redis.call('HSET', TASK .. id, 'message', message)
  redis.call('HSET', QUEUE .. queue .. '.msgs', message, body)
  redis.call('RPUSH', QUEUE .. queue, message)
  redis.call('RPUSH', WAKE .. queue, 1)
  redis.call('LTRIM', WAKE .. queue, -64, -1)
  redis.call('EXPIRE', WAKE .. queue, 60)
end

local function close(id, state, error, ttl)
  redis.call('HSET', TASK .. id, 'state', state, 'error', error)
  redis.call('HINCRBY', ENDED, (get(id, 'metric') or '') .. ' ' .. state, 1)
  redis.call('EXPIRE', TASK .. id, ttl)
  redis.call('ZREM', LEASES, id)
  redis.call('ZREM', OPEN, id)
  redis.call('ZREM', CLIENT .. (get(id, 'client') or ''), id)
end

-- Whether nobody can renew a lease or look again: no worker listens, and Redis has been there
-- long enough for one to have come back to it.
local function forsaken(overdue)
  if overdue < FORSAKEN or redis.call('PUBSUB', 'NUMSUB', CANCELLED)[2] > 0 then return false end
  local seconds = string.match(redis.call('INFO', 'server'), 'uptime_in_seconds:(%d+)')
  return tonumber(seconds) >= FORSAKEN
end

-- A lease that ran out means that its worker is lost, unless Redis itself was away: a worker
-- that lives renews within seconds of being able to. So the first look only marks it.
local function judge(id, patience, ttl)
  if get(id, 'state') ~= 'STARTED' then return end
  local time = now()
  local lease = tonumber(redis.call('ZSCORE', LEASES, id) or 0)
  if lease > time then return end
  local suspected = get(id, 'suspected')
  if not suspected and forsaken(time - lease) then suspected = 0 end
  if not suspected then
    redis.call('HSET', TASK .. id, 'suspected', time)
  elseif time - suspected >= patience then
    local starts = tonumber(get(id, 'starts'))
    if get(id, 'repeatable') == '1' and starts < 3 then
      redis.call('HSET', TASK .. id, 'state', 'RETRY')
      redis.call('HDEL', TASK .. id, 'token', 'suspected', 'message')
      redis.call('ZREM', LEASES, id)
    else
      local reason = 'The worker was lost while it ran this task (start ' .. starts .. ')'
      close(id, 'FAILURE', reason, ttl)
    end
  end
end
"""
)

# ARGV: id, latest time, most open tasks, most of this client, client, queue, message, body,
# then the record's fields. Returns what stood in the way, or OK.
SUBMIT = (
    PRELUDE
    + """
local id, client = ARGV[1], ARGV[5]
if now() > tonumber(ARGV[2]) then return 'LATE' end
if redis.call('ZCARD', OPEN) >= tonumber(ARGV[3]) then return 'ALL' end
if redis.call('ZCARD', CLIENT .. client) >= tonumber(ARGV[4]) then return 'CLIENT' end
redis.call('HSET', TASK .. id, 'state', 'QUEUED', 'client', client, 'queue', ARGV[6],
           'starts', 0, unpack(ARGV, 9))
redis.call('ZADD', OPEN, now(), id)
redis.call('ZADD', CLIENT .. client, now(), id)
send(id, ARGV[6], ARGV[7], ARGV[8])
return 'OK'
"""
)

# ARGV: id, token, seconds of lease. The client sends it again if the answer got lost.
START = (
    PRELUDE
    + """
local id = ARGV[1]
if waits(id) then
  redis.call('HSET', TASK .. id, 'state', 'STARTED', 'token', ARGV[2])
  redis.call('HINCRBY', TASK .. id, 'starts', 1)
elseif get(id, 'state') ~= 'STARTED' or get(id, 'token') ~= ARGV[2] then
  return false
end
redis.call('ZADD', LEASES, now() + ARGV[3], id)
return redis.call('HGETALL', TASK .. id)
"""
)

# ARGV: id, token, state, error, seconds to keep, key of the result, the result as Dramatiq's
# backend keeps it: with the state or not at all.
FINISH = (
    PRELUDE
    + """
local id = ARGV[1]
if get(id, 'state') ~= 'STARTED' or get(id, 'token') ~= ARGV[2] then return 0 end
close(id, ARGV[3], ARGV[4], ARGV[5])
redis.call('DEL', ARGV[6])
redis.call('LPUSH', ARGV[6], ARGV[7])
redis.call('EXPIRE', ARGV[6], ARGV[5])
return 1
"""
)

# ARGV: id, seconds of patience, seconds to keep.
GET = (
    PRELUDE
    + """
judge(ARGV[1], tonumber(ARGV[2]), ARGV[3])
return redis.call('HGETALL', TASK .. ARGV[1])
"""
)

# ARGV: id, seconds to keep, key of the result. Returns the state before.
CANCEL = (
    PRELUDE
    + """
local id = ARGV[1]
local state = get(id, 'state')
if state == 'STARTED' or waits(id) then
  close(id, 'REVOKED', '', ARGV[2])
  if state == 'STARTED' then redis.call('PUBLISH', CANCELLED, id) end
elseif state then
  redis.call('DEL', TASK .. id, ARGV[3])
end
return state
"""
)

# ARGV: seconds of lease, then id and token of each run. Returns the tokens of runs that are no
# longer to be done.
RENEW = (
    PRELUDE
    + """
local lost = {}
for i = 2, #ARGV, 2 do
  local id, token = ARGV[i], ARGV[i + 1]
  if get(id, 'state') == 'STARTED' and get(id, 'token') == token then
    redis.call('ZADD', LEASES, now() + ARGV[1], id)
    redis.call('HDEL', TASK .. id, 'suspected')
  else
    lost[#lost + 1] = token
  end
end
return lost
"""
)

# ARGV: seconds of patience, seconds to keep. Judges runs whose lease is over, and returns the
# tasks that wait although no message of theirs is on its way.
SWEEP = (
    PRELUDE
    + """
for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', now())) do
  judge(id, tonumber(ARGV[1]), ARGV[2])
end
local stray = {}
for _, id in ipairs(redis.call('ZRANGE', OPEN, 0, -1)) do
  if not get(id, 'state') then
    redis.call('ZREM', OPEN, id)
  elseif waits(id) then
    local message = get(id, 'message')
    if not message or redis.call('HEXISTS', QUEUE .. get(id, 'queue') .. '.msgs', message) == 0 then
      stray[#stray + 1] = id
    end
  end
end
return stray
"""
)

# ARGV: id, queue, message, body.
RESEND = (
    PRELUDE
    + """
if waits(ARGV[1]) then send(unpack(ARGV)) end
"""
)

# ARGV: queue, body of a message that cannot be read, reason, seconds to keep. Ends the task
# whose message it is and takes the message out.
BURY = (
    PRELUDE
    + """
local messages = redis.call('HGETALL', QUEUE .. ARGV[1] .. '.msgs')
for i = 1, #messages, 2 do
  if messages[i + 1] == ARGV[2] then
    redis.call('HDEL', QUEUE .. ARGV[1] .. '.msgs', messages[i])
    local id = string.match(messages[i], '^[^:]+')
    if id and waits(id) then close(id, 'FAILURE', ARGV[3], ARGV[4]) end
  end
end
"""
)

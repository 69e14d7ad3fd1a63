"""The transitions of a task's record, each one Lua script that Redis runs as a whole.

A final state is final: every script looks at the state first. A run is known by its token, so
that a message which is delivered twice cannot speak for another delivery's run. The scripts
name keys that they are not given, so they want one Redis, not a cluster. Each stands below what
``lua`` has.
"""

from __future__ import annotations

# ARGV: id, latest time, most open tasks, most of those that nobody owns (empty: a user does),
# most of this client, client, queue, message, body, then the record's fields. Returns what stood
# in the way, or OK.
SUBMIT = """
local id, client = ARGV[1], ARGV[6]
if now() > tonumber(ARGV[2]) then return 'LATE' end
if redis.call('ZCARD', OPEN) >= tonumber(ARGV[3]) then return 'ALL' end
local most_anonymous = tonumber(ARGV[4])
if most_anonymous and redis.call('ZCARD', ANONYMOUS) >= most_anonymous then return 'ANONYMOUS' end
if redis.call('ZCARD', CLIENT .. client) >= tonumber(ARGV[5]) then return 'CLIENT' end
redis.call('HSET', TASK .. id, 'state', 'QUEUED', 'client', client, 'queue', ARGV[7],
           'starts', 0, unpack(ARGV, 10))
redis.call('ZADD', OPEN, now(), id)
redis.call('ZADD', CLIENT .. client, now(), id)
if most_anonymous then redis.call('ZADD', ANONYMOUS, now(), id) end
send(id, ARGV[7], ARGV[8], ARGV[9])
return 'OK'
"""

# ARGV: queue, how many, the threads for long tasks of the worker that asks, the share of all
# such threads that one client may have. Hands messages to Dramatiq's queue, from each client's
# line in turn.
ADMIT = """
local queue = ARGV[1]
local wanted = ARGV[2] - redis.call('LLEN', QUEUE .. queue)  -- some may have been put back
local threads = 0
for _, worker in ipairs(live_workers()) do threads = threads + string.match(worker, '^%d+') end
local most = math.ceil(math.max(threads, tonumber(ARGV[3])) * tonumber(ARGV[4]))
local turns, refused = TURNS .. queue, 0
while wanted > 0 and refused < redis.call('LLEN', turns) do
  local client = redis.call('RPOPLPUSH', turns, turns)
  local line, slots = places(queue, client)
  if redis.call('SCARD', slots) >= most then
    refused = refused + 1
  else
    refused = 0
    local message = redis.call('LPOP', line)
    local id = message and string.match(message, '^[^:]+')
    if id and waits(id) and get(id, 'message') == message then
      redis.call('SADD', slots, id)
      redis.call('RPUSH', QUEUE .. queue, message)
      wanted = wanted - 1
    elseif message then
      redis.call('HDEL', QUEUE .. queue .. '.msgs', message)
    end
    if redis.call('EXISTS', line) == 0 then redis.call('LPOP', turns) end
  end
end
"""

# ARGV: id, token. The client sends it again if the answer got lost.
START = """
local id = ARGV[1]
if waits(id) then
  redis.call('HSET', TASK .. id, 'state', 'STARTED', 'token', ARGV[2])
  redis.call('HINCRBY', TASK .. id, 'starts', 1)
elseif get(id, 'state') ~= 'STARTED' or get(id, 'token') ~= ARGV[2] then
  return false
end
local _, slots = places(get(id, 'queue'), get(id, 'client'))
redis.call('SADD', slots, id)
redis.call('ZADD', LEASES, now() + LEASE, id)
return redis.call('HGETALL', TASK .. id)
"""

# ARGV: id, token, state, error, the result as Dramatiq's backend keeps it: with the state or not
# at all.
FINISH = """
local id = ARGV[1]
if get(id, 'state') ~= 'STARTED' or get(id, 'token') ~= ARGV[2] then return 0 end
close(id, ARGV[3], ARGV[4], ARGV[5])
return 1
"""

# ARGV: id. Returns the record, and the result of a task that has succeeded.
GET = """
local id = ARGV[1]
judge(id)
local result = get(id, 'state') == 'SUCCESS' and redis.call('LINDEX', RESULT .. id, 0) or nil
return {redis.call('HGETALL', TASK .. id), result}
"""

# ARGV: id. Returns the state before.
CANCEL = """
local id = ARGV[1]
local state, finished = get(id, 'state'), get(id, 'finished')
if state == 'STARTED' or waits(id) then
  close(id, 'REVOKED', '')
  if state == 'STARTED' then redis.call('PUBLISH', CANCELLED, id) end
elseif finished then
  forget(kind_of(id), finished)
elseif state then
  redis.call('DEL', TASK .. id, RESULT .. id)
end
return state
"""

# ARGV: key of the word that a task's processes are gone.
CONFIRM = """
redis.call('RPUSH', ARGV[1], 1)
redis.call('EXPIRE', ARGV[1], 10)
"""

# ARGV: id and token of each run. Returns the tokens of runs that are no longer to be done.
RENEW = """
local lost = {}
for i = 1, #ARGV, 2 do
  local id, token = ARGV[i], ARGV[i + 1]
  if get(id, 'state') == 'STARTED' and get(id, 'token') == token then
    redis.call('ZADD', LEASES, now() + LEASE, id)
    redis.call('HDEL', TASK .. id, 'suspected')
  else
    lost[#lost + 1] = token
  end
end
return lost
"""

# Judges runs whose lease is over, lets go of finished records that have expired, and returns the
# tasks that wait although no message of theirs is on its way.
SWEEP = """
for _, ends in ipairs({{'-inf', now()}, {now() + LEASE + SLACK, '+inf'}}) do
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, ends[1], ends[2])) do judge(id) end
end
trim('anonymous')
trim('users')
local stray = {}
for _, id in ipairs(redis.call('ZRANGE', OPEN, 0, -1)) do
  if not get(id, 'state') then
    redis.call('ZREM', OPEN, id)
    redis.call('ZREM', ANONYMOUS, id)
  elseif waits(id) then
    local message = get(id, 'message')
    if not message or redis.call('HEXISTS', QUEUE .. get(id, 'queue') .. '.msgs', message) == 0 then
      stray[#stray + 1] = id
    end
  end
end
return stray
"""

# ARGV: id, queue, message, body.
RESEND = """
if waits(ARGV[1]) then
  withdraw(ARGV[1])
  send(unpack(ARGV))
end
"""

# ARGV: queue, body of a message that cannot be read, reason. Ends the task whose message it is
# and takes the message out.
BURY = """
local messages = redis.call('HGETALL', QUEUE .. ARGV[1] .. '.msgs')
for i = 1, #messages, 2 do
  if messages[i + 1] == ARGV[2] then
    redis.call('HDEL', QUEUE .. ARGV[1] .. '.msgs', messages[i])
    local id = string.match(messages[i], '^[^:]+')
    if id and waits(id) then close(id, 'FAILURE', ARGV[3]) end
  end
end
"""

# ARGV: the worker, its threads for long tasks first; the key of what it reports, the report and for
# how many seconds that is kept. Those of long ago are forgotten meanwhile.
BEAT = """
redis.call('SET', ARGV[2], ARGV[3], 'EX', ARGV[4])
redis.call('ZREMRANGEBYSCORE', WORKERS, '-inf', now() - 60)
redis.call('ZREMRANGEBYSCORE', WORKERS, now() + SLACK, '+inf')
redis.call('ZADD', WORKERS, now(), ARGV[1])
"""

# ARGV: prefix of the keys of what workers report. Returns what those that live have reported.
REPORTS = """
local reports = {}
for _, worker in ipairs(live_workers()) do
  local report = redis.call('GET', ARGV[1] .. worker)
  if report then reports[#reports + 1] = report end
end
return reports
"""

# Returns how many workers live.
COUNT = """
return #live_workers()
"""

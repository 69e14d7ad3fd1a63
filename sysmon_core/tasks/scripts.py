"""The transitions of a task's record, each one Lua script that Redis runs as a whole.

KEYS[1] is always the record, KEYS[2] the leases of running tasks. A final state is final:
every script looks at the state first. A run is known by its token, so that a message which
is delivered twice cannot speak for another delivery's run.
"""

START = """
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'QUEUED' and state ~= 'RETRY' then return false end
local now = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], 'state', 'STARTED', 'token', ARGV[1])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[2])
return redis.call('HGETALL', KEYS[1])
"""

FINISH = """
if redis.call('HGET', KEYS[1], 'state') ~= 'STARTED' then return 0 end
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'error', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1
"""

# A lease that ran out means that the worker which held it is gone.
GET = """
if redis.call('HGET', KEYS[1], 'state') == 'STARTED' then
  local now = tonumber(redis.call('TIME')[1])
  local lease = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0)
  if lease < now then
    redis.call('HSET', KEYS[1], 'state', 'FAILURE', 'error', ARGV[2])
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    redis.call('ZREM', KEYS[2], ARGV[1])
  end
end
return redis.call('HGETALL', KEYS[1])
"""

# KEYS[3] is the result's key, ARGV[3] the channel that workers listen on.
CANCEL = """
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'QUEUED' or state == 'RETRY' or state == 'STARTED' then
  redis.call('HSET', KEYS[1], 'state', 'REVOKED')
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  redis.call('ZREM', KEYS[2], ARGV[1])
  if state == 'STARTED' then redis.call('PUBLISH', ARGV[3], ARGV[1]) end
elseif state then
  redis.call('DEL', KEYS[1], KEYS[3])
end
return state
"""

# KEYS[1] is the leases here. ARGV: seconds, the records' prefix, then id and token of each
# run. Returns the ids that are no longer these runs' to do.
RENEW = """
local now = tonumber(redis.call('TIME')[1])
local lost = {}
for i = 3, #ARGV, 2 do
  local record = ARGV[2] .. ARGV[i]
  if redis.call('HGET', record, 'state') == 'STARTED'
     and redis.call('HGET', record, 'token') == ARGV[i + 1] then
    redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i])
  else
    lost[#lost + 1] = ARGV[i + 1]
  end
end
return lost
"""

-- Functions of the scripts that may end a task: its final state, its expiry, its lease.

local function owner_kind(id)
  return (field(id, 'owner') or '') == '' and 'anonymous' or 'users'
end

-- Count a finished task and its bytes no longer.
local function discount_finished(kind, finished)
  local _, bytes, client = string.match(finished, '^(%S+) (%d+) (.*)$')
  redis.call('ZREM', FINISHED .. client, finished)
  if redis.call('ZREM', FINISHED .. kind, finished) == 1 then
    redis.call('HINCRBY', FINISHED_BYTES, kind, -bytes)
  end
end

-- Remove a finished task. Its member of the sorted sets has the id, the bytes and the client,
-- since the record itself may have expired.
local function remove_finished(kind, finished)
  local id, _, client = string.match(finished, '^(%S+) (%d+) (.*)$')
  local key = field(id, 'key')
  if key and key ~= '' then redis.call('UNLINK', IDEMPOTENCY .. key) end
  redis.call('UNLINK', TASK .. id, RESULT .. id, SAMPLES .. id, TEXT .. id)
  unlist(id, client)
  discount_finished(kind, finished)
end

-- Remove the oldest finished tasks beyond the limits: a bounded number in each call. The newest
-- stays, however large.
local function trim_finished(kind, client)
  local all, own = FINISHED .. kind, client and FINISHED .. client
  for _ = 1, MAX_TRIMMED do
    local count = redis.call('ZCARD', all)
    local oldest = redis.call('ZRANGE', all, 0, 0, 'WITHSCORES')
    local bytes = tonumber(redis.call('HGET', FINISHED_BYTES, kind) or 0)
    if oldest[1] and (tonumber(oldest[2]) <= now() or count > MAX_FINISHED) then
      remove_finished(kind, oldest[1])
    elseif count > 1 and bytes > MAX_FINISHED_BYTES then
      remove_finished(kind, oldest[1])
    elseif own and redis.call('ZCARD', own) > MAX_FINISHED_PER_CLIENT then
      remove_finished(kind, redis.call('ZRANGE', own, 0, 0)[1])
    else
      return
    end
  end
end

-- Have a finished task expire, and count it and its bytes.
local function retain_finished(id, bytes)
  local kind, client = owner_kind(id), field(id, 'client') or ''
  local ttl = TTL_SECONDS[kind]
  local finished = id .. ' ' .. bytes .. ' ' .. client
  redis.call('HSET', TASK .. id, 'finished', finished, 'expires', now() + ttl)
  local key = field(id, 'key')
  if key and key ~= '' then redis.call('EXPIRE', IDEMPOTENCY .. key, ttl) end
  for _, stored in ipairs({TASK, SAMPLES, TEXT}) do redis.call('EXPIRE', stored .. id, ttl) end
  redis.call('ZADD', FINISHED .. kind, now() + ttl, finished)
  redis.call('ZADD', FINISHED .. client, now() + ttl, finished)
  redis.call('EXPIRE', FINISHED .. client, ttl)
  redis.call('HINCRBY', FINISHED_BYTES, kind, bytes)
  trim_finished(kind, client)
end

-- Count bytes that were added to a finished task, which is kept from now on for its time.
local function retain_more(id, bytes)
  local finished = field(id, 'finished')
  discount_finished(owner_kind(id), finished)
  retain_finished(id, string.match(finished, '^%S+ (%d+)') + bytes)
end

-- Remove a task from the sets of unended tasks; its member of OPEN is given too.
local function remove_open(member, id, client)
  redis.call('ZREM', LEASES, id)
  redis.call('ZREM', OPEN, member)
  redis.call('ZREM', OPEN_ANONYMOUS, id)
  redis.call('ZREM', OPEN_OF_CLIENT .. client, id)
end

-- Give a task its final state, with its encoded result if there is one.
local function end_task(id, state, error, code, result)
  withdraw(id)
  redis.call('HSET', TASK .. id, 'state', state, 'error', error, 'code', code, 'ended', now())
  count_change(id)
  redis.call('HINCRBY', ENDED, (field(id, 'metric') or '') .. ' ' .. state, 1)
  local queue, client = field(id, 'queue') or '', field(id, 'client') or ''
  remove_open(open_member(id, queue, client), id, client)
  local bytes = #error + redis.call('HSTRLEN', TASK .. id, 'params')
  bytes = bytes + tonumber(field(id, 'sample_bytes') or 0)
  release_bytes(id)
  if result then
    redis.call('DEL', RESULT .. id)
    redis.call('LPUSH', RESULT .. id, result)
    redis.call('EXPIRE', RESULT .. id, TTL_SECONDS[owner_kind(id)])
    bytes = bytes + #result
  end
  if state == 'SUCCESS' then  -- the result has the text
    redis.call('DEL', TEXT .. id)
  else
    bytes = bytes + tonumber(field(id, 'text_bytes') or 0)
  end
  retain_finished(id, bytes)
  redis.pcall('PUBLISH', ENDED_TASKS, id)  -- waits notice an end without it, only later
end

-- End a task that no worker has begun in the time that its client gave it.
local function expire_wait(id)
  local start_by = field(id, 'state') == 'QUEUED' and tonumber(field(id, 'start_by'))
  if start_by and start_by < now() then end_task(id, 'FAILURE', NOT_STARTED, NOT_STARTED_CODE) end
end

-- Whether nobody can renew a lease or sweep again: no worker is subscribed, and Redis has been up
-- long enough for a worker to have reconnected. A user of Redis may be denied either look: then
-- the lease of a lost worker has to be seen twice.
local function no_workers(overdue)
  if overdue < NO_WORKERS_SECONDS then return false end
  local listeners = redis.pcall('PUBSUB', 'NUMSUB', CANCELLED)
  local info = redis.pcall('INFO', 'server')
  local seconds = type(info) == 'string' and string.match(info, 'uptime_in_seconds:(%d+)')
  return listeners[2] == 0 and seconds and tonumber(seconds) >= NO_WORKERS_SECONDS
end

-- End or retry a run whose lease expired. An expired lease means that the worker is lost, unless
-- Redis itself was away: a live worker renews within seconds of being able to. So the first look
-- only marks the run as suspected. A lease further ahead than leases are long was written before
-- the clock was set back, and counts as expired.
local function expire_lease(id)
  if field(id, 'state') ~= 'STARTED' then return end
  local time = now()
  local lease = tonumber(redis.call('ZSCORE', LEASES, id) or 0)
  if lease > time and lease <= time + LEASE_SECONDS + SLACK_SECONDS then return end
  local suspected = tonumber(field(id, 'suspected'))
  if suspected and suspected > time + SLACK_SECONDS then suspected = nil end
  if not suspected and no_workers(time - lease) then suspected = 0 end
  if not suspected then
    redis.call('HSET', TASK .. id, 'suspected', time)
  elseif time - suspected >= SUSPICION_SECONDS then
    local starts = tonumber(field(id, 'starts'))
    if field(id, 'repeatable') == '1' and starts < MAX_STARTS then
      withdraw(id)
      redis.call('HSET', TASK .. id, 'state', 'RETRY')
      redis.call('HDEL', TASK .. id, 'token', 'suspected', 'message')
      count_change(id)
      redis.call('ZREM', LEASES, id)
    else
      end_task(id, 'FAILURE', 'The worker was lost while it ran this task (start ' .. starts .. ')',
               WORKER_LOST_CODE)
    end
  end
end

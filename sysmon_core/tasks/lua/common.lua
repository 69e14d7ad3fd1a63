-- Functions of all scripts: the clock, a task's fields, its client's line, the wake tokens.

local QUEUE = NAMESPACE .. ':'

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end

-- The same as text, as it is stored: Lua alone would round it.
local function now_text() return string.format('%.17g', now()) end

local function field(id, name) return redis.call('HGET', TASK .. id, name) end

local function is_waiting(id)
  local state = field(id, 'state')
  return state == 'QUEUED' or state == 'RETRY'
end

-- Two keys: the client's line before a queue, and its tasks that have left that line.
local function line_and_slots(queue, client)
  return LINE .. queue .. ' ' .. client, SLOTS .. queue .. ' ' .. client
end

-- Wake one worker that blocks on the queue.
local function wake(queue)
  redis.call('RPUSH', WAKE .. queue, 1)
  redis.call('LTRIM', WAKE .. queue, -64, -1)
  redis.call('EXPIRE', WAKE .. queue, 60)
end

-- Append a message to its client's line.
local function enqueue(id, queue, message, body)
  local client = field(id, 'client') or ''
  redis.call('HSET', TASK .. id, 'message', message)
  redis.call('HSET', QUEUE .. queue .. '.msgs', message, body)
  if redis.call('RPUSH', (line_and_slots(queue, client)), message) == 1 then
    redis.call('LPUSH', TURNS .. queue, client)
  end
  wake(queue)
end

-- Free the slot of a task for the next in its client's line.
local function free_slot(id, queue, client)
  local line, slots = line_and_slots(queue, client)
  if redis.call('SREM', slots, id) == 1 and redis.call('EXISTS', line) == 1 then wake(queue) end
end

-- A task's member of OPEN: all that is needed to remove the task should its record vanish.
local function open_member(id, queue, client) return id .. ' ' .. queue .. ' ' .. client end

-- Remove a task from its line, with its message, and free its slot.
local function withdraw(id)
  local queue, client = field(id, 'queue') or '', field(id, 'client') or ''
  local line = line_and_slots(queue, client)
  local message = is_waiting(id) and field(id, 'message')
  if message and redis.call('LREM', line, 1, message) == 1 then
    redis.call('HDEL', QUEUE .. queue .. '.msgs', message)
    if redis.call('EXISTS', line) == 0 then redis.call('LREM', TURNS .. queue, 1, client) end
  end
  free_slot(id, queue, client)
end

-- Append a task to the lists of tasks: behind all others, whatever became of the clock.
local function list_task(id, client)
  local last = redis.call('ZREVRANGE', TASKS, 0, 0, 'WITHSCORES')
  local order = math.max(now(), tonumber(last[2] or 0) + 0.000001)
  redis.call('ZADD', TASKS, order, id)
  redis.call('ZADD', TASKS_OF .. client, order, id)
end

-- Remove a task from these.
local function unlist(id, client)
  redis.call('ZREM', TASKS, id)
  redis.call('ZREM', TASKS_OF .. client, id)
end

-- Count a change of a task: clients know by this number whether they have seen it.
local function count_change(id) redis.call('HINCRBY', TASK .. id, 'changes', 1) end

local function live_workers()
  local time = now()
  return redis.call('ZRANGEBYSCORE', WORKERS, time - ALIVE_SECONDS, time + SLACK_SECONDS)
end

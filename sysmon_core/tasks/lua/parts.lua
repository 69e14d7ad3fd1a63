-- Functions of the scripts that store what a running task has so far.

-- Count bytes that are stored of a running task: of its samples, or of its text.
local function count_bytes(id, kind, bytes)
  redis.call('HINCRBY', TASK .. id, kind, bytes)
  redis.call('HINCRBY', RUNNING_BYTES, id, bytes)
  redis.call('HINCRBY', RUNNING_BYTES, 'all', bytes)
end

-- The bytes of what is stored of a task.
local function stored_bytes(id)
  return tonumber(field(id, 'sample_bytes') or 0) + tonumber(field(id, 'text_bytes') or 0)
end

-- Count them no longer among those of running tasks.
local function release_bytes(id)
  local bytes = redis.call('HGET', RUNNING_BYTES, id)
  if not bytes then return end
  redis.call('HDEL', RUNNING_BYTES, id)
  if redis.call('HINCRBY', RUNNING_BYTES, 'all', -bytes) <= 0 then
    redis.call('HDEL', RUNNING_BYTES, 'all')
  end
end

-- Drop what an earlier run of the task has stored.
local function drop_parts(id)
  redis.call('HDEL', TASK .. id, 'samples', 'part', 'sample_bytes', 'text_bytes', 'truncated')
  redis.call('DEL', SAMPLES .. id, TEXT .. id)
  release_bytes(id)
end

-- How many bytes a list of a task may have: once all running tasks have too many, its share.
local function bounded(max_bytes)
  local all = tonumber(redis.call('HGET', RUNNING_BYTES, 'all') or 0)
  if all <= MAX_RUNNING_BYTES then return max_bytes end
  return math.min(max_bytes, MAX_RUNNING_BYTES / (2 * math.max(1, redis.call('ZCARD', LEASES))))
end

-- Append to a list, and drop its oldest elements beyond its bytes; of samples, those too that are
-- older than the oldest index that is kept. The newest element stays, however large.
local function push(id, list, kind, element, max_bytes, oldest_kept)
  redis.call('RPUSH', list, element)
  count_bytes(id, kind, #element)
  max_bytes = bounded(max_bytes)
  while redis.call('LLEN', list) > 1 do
    local oldest = redis.call('LINDEX', list, 0)
    local is_kept = not oldest_kept
        or tonumber(string.match(oldest, '^%d+ (%d+)')) >= oldest_kept
    if is_kept and tonumber(field(id, kind)) <= max_bytes then return end
    redis.call('LPOP', list)
    count_bytes(id, kind, -#oldest)
    redis.call('HSET', TASK .. id, 'truncated', 1)
  end
end

-- Store one part of a run's output. A number that was stored before is a repetition: a client sends
-- a command again whose answer was lost.
-- The element of the samples is '' or has the indexes of the first and the last before the JSON.
local function store_part(id, number, text, count, element)
  if tonumber(number) <= tonumber(field(id, 'part') or 0) then return end
  redis.call('HSET', TASK .. id, 'part', number)
  count_change(id)
  if text ~= '' then push(id, TEXT .. id, 'text_bytes', text, MAX_TEXT_BYTES) end
  if element ~= '' then
    redis.call('HSET', TASK .. id, 'samples', count)
    push(id, SAMPLES .. id, 'sample_bytes', element, MAX_SAMPLE_BYTES, count - SAMPLES_KEPT)
  end
end

-- Store the parts in ARGV from a place on: number, text, count of samples so far, element of each.
local function store_parts(id, from)
  for i = from, #ARGV, 4 do store_part(id, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end
end

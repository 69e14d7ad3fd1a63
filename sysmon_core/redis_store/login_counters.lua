-- Count log-ins in sliding windows: see services/rate_counters.py for the limits, and the sketch.
-- KEYS: the secret, then for each counter its slices, the oldest first.
-- ARGV: action (retry_after, add, change or clear); amount; a secret if there is none yet; then for
-- each counter its name, the most that its limit allows, the bits of a cell, and for each of its
-- slices in how many milliseconds it no longer counts.
-- Returns in how many milliseconds one more of each counter is within its limit; 0 if it is now.
local action, amount = ARGV[1], tonumber(ARGV[2])
if action ~= 'retry_after' then redis.call('SET', KEYS[1], ARGV[3], 'NX') end
local secret = redis.call('GET', KEYS[1]) or ''

local function read_counter(number)
  local first = 4 + number * (3 + LIVE_SLICES)
  local bits, digest = tonumber(ARGV[first + 2]), redis.sha1hex(secret .. ARGV[first])
  local counter = {keys = {}, expiries = {}, cells = {}, kind = 'u' .. ARGV[first + 2]}
  counter.max_count = tonumber(ARGV[first + 1])
  for row = 1, SKETCH_ROWS do
    local column = tonumber(string.sub(digest, row * 8 - 7, row * 8), 16) % (ROW_BITS / bits)
    counter.cells[row] = (row - 1) * ROW_BITS + column * bits
  end
  for slice = 1, LIVE_SLICES do
    counter.keys[slice] = KEYS[1 + number * LIVE_SLICES + slice]
    counter.expiries[slice] = tonumber(ARGV[first + 2 + slice])
  end
  return counter
end

-- The count of each row in one slice.
local function counts(counter, slice)
  local commands = {}
  for _, cell in ipairs(counter.cells) do
    for _, word in ipairs({'GET', counter.kind, cell}) do commands[#commands + 1] = word end
  end
  return redis.call('BITFIELD_RO', counter.keys[slice], unpack(commands))
end

local function least(numbers) return math.min(unpack(numbers)) end

-- In how many milliseconds one more of a counter is within its limit.
local function retry_after(counter)
  local sums, slices = {}, {}
  for slice = 1, LIVE_SLICES do
    local found = counts(counter, slice)
    slices[slice] = least(found)
    for row = 1, SKETCH_ROWS do sums[row] = (sums[row] or 0) + found[row] end
  end
  local left, milliseconds = least(sums), 0
  for slice = 1, LIVE_SLICES do
    if left < counter.max_count then return milliseconds end
    left, milliseconds = left - slices[slice], counter.expiries[slice]
  end
  return milliseconds
end

local function change(counter, slice, more)
  local key = counter.keys[slice]
  if redis.call('EXISTS', key) == 0 then
    if more < 0 then return end
    -- In its full size at once: a string that grows is allotted twice the bytes that it needs.
    redis.call('SETRANGE', key, SKETCH_ROWS * ROW_BITS / 8 - 1, string.char(0))
    redis.call('PEXPIRE', key, counter.expiries[slice])
  end
  local commands = {'OVERFLOW', 'SAT'}
  for _, cell in ipairs(counter.cells) do
    for _, word in ipairs({'INCRBY', counter.kind, cell, more}) do
      commands[#commands + 1] = word
    end
  end
  redis.call('BITFIELD', key, unpack(commands))
end

local counters, longest = {}, 0
for number = 0, (#KEYS - 1) / LIVE_SLICES - 1 do counters[number + 1] = read_counter(number) end
for _, counter in ipairs(counters) do
  if action == 'retry_after' or action == 'add' then longest = math.max(longest, retry_after(counter)) end
end
for _, counter in ipairs(counters) do
  if action == 'change' or action == 'add' and longest == 0 then
    change(counter, LIVE_SLICES, amount)
  end
  for slice = 1, action == 'clear' and LIVE_SLICES or 0 do
    local count = least(counts(counter, slice))
    if count > 0 then change(counter, slice, -count) end
  end
end
return longest

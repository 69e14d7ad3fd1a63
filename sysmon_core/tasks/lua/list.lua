-- Read tasks in the reverse order of their submission, and forget those whose record has vanished.
-- ARGV: the sorted set; the order that the tasks have to be below, or '+inf'; how many are wanted;
-- how many are looked at, at most; states that are wanted, with spaces around each, or ''; metric,
-- or ''; host, or ''; since when, in seconds since 1970.
-- Returns the order of the last that was looked at, or false at the end; the time; then each record,
-- the id before its fields.
local index, states, metric, host = ARGV[1], ARGV[5], ARGV[6], ARGV[7]
local since = ARGV[8]  -- no task's order is before its submission
local looked = redis.call('ZREVRANGEBYSCORE', index, '(' .. ARGV[2], since, 'WITHSCORES',
                          'LIMIT', 0, ARGV[4])
local found, last = {false, now_text()}, false
for i = 1, #looked, 2 do
  local id = looked[i]
  last = looked[i + 1]
  expire_lease(id)
  expire_wait(id)
  local state, of, at, created = unpack(redis.call('HMGET', TASK .. id, 'state', 'metric', 'host',
                                                   'created'))
  if not state then
    redis.call('ZREM', index, id)
  elseif (states == '' or string.find(states, ' ' .. state .. ' ', 1, true))
      and (metric == '' or metric == of) and (host == '' or host == at)
      and (tonumber(created or 0) or 0) >= tonumber(since) then
    local record = redis.call('HGETALL', TASK .. id)
    table.insert(record, 1, id)
    found[#found + 1] = record
    if #found - 2 >= tonumber(ARGV[3]) then break end
  end
end
found[1] = last and redis.call('ZCOUNT', index, since, '(' .. last) > 0 and last
return found

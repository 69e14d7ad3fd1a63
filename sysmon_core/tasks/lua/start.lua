-- Begin the run of a waiting task; the same token again changes nothing, for a client repeats a
-- command whose answer was lost. What an earlier run of the task gave is dropped.
-- ARGV: id; token of the run. Returns the record and the time, or false if the task is not to be
-- run.
local id, token = ARGV[1], ARGV[2]
expire_wait(id)
if is_waiting(id) then
  redis.call('HSET', TASK .. id, 'state', 'STARTED', 'token', token, 'begun', now())
  redis.call('HINCRBY', TASK .. id, 'starts', 1)
  drop_parts(id)
  count_change(id)
elseif field(id, 'state') ~= 'STARTED' or field(id, 'token') ~= token then
  return false
end
local _, slots = line_and_slots(field(id, 'queue'), field(id, 'client'))
redis.call('SADD', slots, id)
redis.call('ZADD', LEASES, now() + LEASE_SECONDS, id)
return {redis.call('HGETALL', TASK .. id), now_text()}

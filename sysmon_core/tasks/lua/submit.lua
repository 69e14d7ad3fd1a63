-- Record and queue a new task within the limits, unless its key was used before.
-- ARGV: id; latest time (seconds since 1970); limits of open tasks: of all, of anonymous ones (empty
-- for a user's task), of the client's; client; queue; message; its body; seconds within which it is
-- to begin, or ''; idempotency key, or ''; digest of the body; how many seconds the key is kept; then
-- names and values of the record's fields.
-- Returns OK, the id of the task and when it was created; SAME instead of OK where the key was used for the same
-- body; or the reason of a refusal: LATE, ALL, ANONYMOUS, CLIENT, REUSED.
local id, client, key = ARGV[1], ARGV[6], ARGV[11]
if now() > tonumber(ARGV[2]) then return {'LATE'} end
local used = key ~= '' and redis.call('GET', IDEMPOTENCY .. key)
if used then
  local earlier, digest = string.match(used, '^(%S+) (%S+)$')
  if redis.call('EXISTS', TASK .. earlier) == 1 then
    if digest ~= ARGV[12] then return {'REUSED'} end
    return {'SAME', earlier}
  end
end
if redis.call('ZCARD', OPEN) >= tonumber(ARGV[3]) then return {'ALL'} end
local max_anonymous = tonumber(ARGV[4])
if max_anonymous and redis.call('ZCARD', OPEN_ANONYMOUS) >= max_anonymous then return {'ANONYMOUS'} end
if redis.call('ZCARD', OPEN_OF_CLIENT .. client) >= tonumber(ARGV[5]) then return {'CLIENT'} end
redis.call('HSET', TASK .. id, 'state', 'QUEUED', 'client', client, 'queue', ARGV[7],
           'starts', 0, 'created', now(), 'key', key, unpack(ARGV, 14))
if ARGV[10] ~= '' then redis.call('HSET', TASK .. id, 'start_by', now() + ARGV[10]) end
if key ~= '' then
  redis.call('SET', IDEMPOTENCY .. key, id .. ' ' .. ARGV[12], 'EX', ARGV[13])
end
list_task(id, client)
redis.call('ZADD', OPEN, now(), open_member(id, ARGV[7], client))
redis.call('ZADD', OPEN_OF_CLIENT .. client, now(), id)
if max_anonymous then redis.call('ZADD', OPEN_ANONYMOUS, now(), id) end
enqueue(id, ARGV[7], ARGV[8], ARGV[9])
return {'OK', id, field(id, 'created')}

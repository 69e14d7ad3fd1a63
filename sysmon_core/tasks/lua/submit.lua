-- Record and queue a new task within the caps.
-- ARGV: id; latest time (seconds since 1970); cap of open tasks; cap of open anonymous tasks (empty
-- for a user's task); cap of the client's open tasks; client; queue; message; its body; then names
-- and values of the record's fields.
-- Returns OK, or which limit refused the task: LATE, ALL, ANONYMOUS, CLIENT.
local id, client = ARGV[1], ARGV[6]
if now() > tonumber(ARGV[2]) then return 'LATE' end
if redis.call('ZCARD', OPEN) >= tonumber(ARGV[3]) then return 'ALL' end
local max_anonymous = tonumber(ARGV[4])
if max_anonymous and redis.call('ZCARD', ANONYMOUS) >= max_anonymous then return 'ANONYMOUS' end
if redis.call('ZCARD', CLIENT .. client) >= tonumber(ARGV[5]) then return 'CLIENT' end
redis.call('HSET', TASK .. id, 'state', 'QUEUED', 'client', client, 'queue', ARGV[7],
           'starts', 0, unpack(ARGV, 10))
redis.call('ZADD', OPEN, now(), id)
redis.call('ZADD', CLIENT .. client, now(), id)
if max_anonymous then redis.call('ZADD', ANONYMOUS, now(), id) end
enqueue(id, ARGV[7], ARGV[8], ARGV[9])
return 'OK'

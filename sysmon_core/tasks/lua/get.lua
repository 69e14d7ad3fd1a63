-- Read a task, after its lease and its start were checked.
-- ARGV: id; '1' if the result is wanted. Returns the record, the time, and the encoded result of a
-- task that has succeeded.
local id = ARGV[1]
expire_lease(id)
expire_wait(id)
local wanted = ARGV[2] == '1' and field(id, 'state') == 'SUCCESS'
local result = wanted and redis.call('LINDEX', RESULT .. id, 0) or nil
return {redis.call('HGETALL', TASK .. id), now_text(), result}

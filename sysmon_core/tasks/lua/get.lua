-- Read a task, after its lease was checked.
-- ARGV: id. Returns the record, and the encoded result of a task that has succeeded.
local id = ARGV[1]
expire_lease(id)
local result = field(id, 'state') == 'SUCCESS' and redis.call('LINDEX', RESULT .. id, 0) or nil
return {redis.call('HGETALL', TASK .. id), result}

-- Remove a message that cannot be read, and fail the waiting task that it belongs to.
-- ARGV: queue; body of the message; error; its code.
local bodies = QUEUE .. ARGV[1] .. '.msgs'
local messages = redis.call('HGETALL', bodies)
for i = 1, #messages, 2 do
  if messages[i + 1] == ARGV[2] then
    redis.call('HDEL', bodies, messages[i])
    local id = string.match(messages[i], '^[^:]+')
    if id and is_waiting(id) then end_task(id, 'FAILURE', ARGV[3], ARGV[4]) end
  end
end

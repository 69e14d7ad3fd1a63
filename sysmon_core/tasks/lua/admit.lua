-- Move messages to Dramatiq's queue, from each client's line in turn.
-- ARGV: queue; how many messages are wanted; the asking worker's threads for long tasks; the share
-- of all such threads that one client may have.
local queue = ARGV[1]
local wanted = ARGV[2] - redis.call('LLEN', QUEUE .. queue)  -- some may have been put back
local threads = 0
for _, worker in ipairs(live_workers()) do threads = threads + string.match(worker, '^%d+') end
local max_slots = math.ceil(math.max(threads, tonumber(ARGV[3])) * tonumber(ARGV[4]))
local turns, refused = TURNS .. queue, 0
while wanted > 0 and refused < redis.call('LLEN', turns) do
  local client = redis.call('RPOPLPUSH', turns, turns)
  local line, slots = line_and_slots(queue, client)
  if redis.call('SCARD', slots) >= max_slots then
    refused = refused + 1
  else
    refused = 0
    local message = redis.call('LPOP', line)
    local id = message and string.match(message, '^[^:]+')
    if id and is_waiting(id) and field(id, 'message') == message then
      redis.call('SADD', slots, id)
      redis.call('RPUSH', QUEUE .. queue, message)
      wanted = wanted - 1
    elseif message then
      redis.call('HDEL', QUEUE .. queue .. '.msgs', message)
    end
    if redis.call('EXISTS', line) == 0 then redis.call('LPOP', turns) end
  end
end

-- Check leases and waits that are over, remove finished records that have expired, and check all open tasks:
-- remove those whose record has vanished (deleted by hand, or evicted), find those that wait without
-- a message.
-- Returns the ids of these last.
for _, range in ipairs({{'-inf', now()}, {now() + LEASE_SECONDS + SLACK_SECONDS, '+inf'}}) do
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, range[1], range[2])) do
    expire_lease(id)
  end
end
trim_finished('anonymous')
trim_finished('users')
local stray = {}
for _, member in ipairs(redis.call('ZRANGE', OPEN, 0, -1)) do
  -- Earlier versions wrote the id alone.
  local id, queue, client = string.match(member, '^(%S+) ?(%S*) ?(.*)$')
  expire_wait(id)
  if is_waiting(id) then
    local message = field(id, 'message')
    if not message
        or redis.call('HEXISTS', QUEUE .. field(id, 'queue') .. '.msgs', message) == 0 then
      stray[#stray + 1] = id
    end
  elseif field(id, 'state') ~= 'STARTED' then
    free_slot(id, queue, client)
    remove_open(member, id, client)
    if not field(id, 'state') then
      unlist(id, client)
      drop_parts(id)
    end
  end
end
return stray

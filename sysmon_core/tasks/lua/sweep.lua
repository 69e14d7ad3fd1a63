-- Check leases that are over, remove finished records that have expired, and look for waiting tasks
-- without a message.
-- Returns the ids of these tasks.
for _, range in ipairs({{'-inf', now()}, {now() + LEASE_SECONDS + SLACK_SECONDS, '+inf'}}) do
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, range[1], range[2])) do
    expire_lease(id)
  end
end
trim_finished('anonymous')
trim_finished('users')
local stray = {}
for _, id in ipairs(redis.call('ZRANGE', OPEN, 0, -1)) do
  if not field(id, 'state') then
    redis.call('ZREM', OPEN, id)
    redis.call('ZREM', ANONYMOUS, id)
  elseif is_waiting(id) then
    local message = field(id, 'message')
    if not message
        or redis.call('HEXISTS', QUEUE .. field(id, 'queue') .. '.msgs', message) == 0 then
      stray[#stray + 1] = id
    end
  end
end
return stray

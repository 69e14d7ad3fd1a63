-- Renew the leases of runs.
-- ARGV: id and token of each run. Returns the tokens of runs that have been ended.
local lost = {}
for i = 1, #ARGV, 2 do
  local id, token = ARGV[i], ARGV[i + 1]
  if field(id, 'state') == 'STARTED' and field(id, 'token') == token then
    redis.call('ZADD', LEASES, now() + LEASE_SECONDS, id)
    redis.call('HDEL', TASK .. id, 'suspected')
  else
    lost[#lost + 1] = token
  end
end
return lost

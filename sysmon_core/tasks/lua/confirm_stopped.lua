-- Announce that the processes of a cancelled task are gone; store the parts that came before.
-- ARGV: id; token of the run; then the parts.
local id = ARGV[1]
if #ARGV > 2 and field(id, 'state') == 'REVOKED' and field(id, 'token') == ARGV[2] then
  local before = stored_bytes(id)
  store_parts(id, 3)
  release_bytes(id)
  retain_more(id, stored_bytes(id) - before)
end
redis.call('RPUSH', STOPPED .. id, 1)
redis.call('EXPIRE', STOPPED .. id, 10)

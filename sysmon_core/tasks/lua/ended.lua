-- Find tasks that have ended, or that there are no more.
-- ARGV: their ids. Returns the ids of those.
local found = {}
for _, id in ipairs(ARGV) do
  expire_lease(id)
  expire_wait(id)
  if field(id, 'state') ~= 'STARTED' and not is_waiting(id) then found[#found + 1] = id end
end
return found

-- Store what has come of running tasks.
-- ARGV: for each part the task's id, the token of its run, and what store_part takes.
for i = 1, #ARGV, 6 do
  local id = ARGV[i]
  if field(id, 'state') == 'STARTED' and field(id, 'token') == ARGV[i + 1] then
    store_part(id, ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5])
  end
end

-- End a task by the outcome of its run: the final state and the result, both or neither.
-- ARGV: id; token of the run; final state; error; encoded result. Returns 1, or 0 if the task had
-- already been ended.
local id = ARGV[1]
if field(id, 'state') ~= 'STARTED' or field(id, 'token') ~= ARGV[2] then return 0 end
end_task(id, ARGV[3], ARGV[4], ARGV[5])
return 1

-- End a task by the outcome of its run, with the parts that were not yet stored: all or nothing.
-- ARGV: id; token of the run; final state; error; its code; encoded result of one that has
-- succeeded, else that of its error; then the parts. Returns 1, or 0 if the task had already been
-- ended.
local id = ARGV[1]
if field(id, 'state') ~= 'STARTED' or field(id, 'token') ~= ARGV[2] then return 0 end
store_parts(id, 7)
end_task(id, ARGV[3], ARGV[4], ARGV[5], ARGV[6])
return 1

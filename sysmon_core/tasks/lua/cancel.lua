-- End a task that has not ended, or remove one that has.
-- ARGV: id. Returns the state before, or false if there is no such task.
local id = ARGV[1]
local state, finished = field(id, 'state'), field(id, 'finished')
if state == 'STARTED' or is_waiting(id) then
  end_task(id, 'REVOKED', '', '')
  if state == 'STARTED' then redis.call('PUBLISH', CANCELLED, id) end
elseif finished then
  remove_finished(owner_kind(id), finished)
elseif state then
  unlist(id, field(id, 'client') or '')
  drop_parts(id)
  redis.call('DEL', TASK .. id, RESULT .. id)
end
return state

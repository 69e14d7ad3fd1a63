-- Read what a task has given so far, after its lease and its start were checked.
-- ARGV: id; the index beyond which samples are wanted, or '' for all there is.
-- Returns the record; the time; the encoded result of a task that has succeeded; the elements of
-- the list of samples; the text of one that has not succeeded.
local id, after = ARGV[1], tonumber(ARGV[2])
expire_lease(id)
expire_wait(id)
local result, text = false, ''
if field(id, 'state') == 'SUCCESS' then result = redis.call('LINDEX', RESULT .. id, 0) end
local list, place = SAMPLES .. id, 0
if not after then
  text = table.concat(redis.call('LRANGE', TEXT .. id, 0, -1))
else  -- by halves: to read the elements one by one would take Redis a tenth of a second
  local beyond = redis.call('LLEN', list)
  while place < beyond do
    local middle = math.floor((place + beyond) / 2)
    local last = string.match(redis.call('LINDEX', list, middle), '^%d+ (%d+)')
    if tonumber(last) > after then beyond = middle else place = middle + 1 end
  end
end
local samples = redis.call('LRANGE', list, place, -1)
return {redis.call('HGETALL', TASK .. id), now_text(), result, samples, text}

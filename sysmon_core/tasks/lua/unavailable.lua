-- Returns what the hosts of the live workers lack, as JSON for each worker that reported it.
local reports = {}
for _, worker in ipairs(live_workers()) do
  local report = redis.call('GET', UNAVAILABLE .. worker)
  if report then reports[#reports + 1] = report end
end
return reports

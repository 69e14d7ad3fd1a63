-- Has wrk tell what it measured as one line of JSON; times in microseconds.
-- Arguments: the number of connections, the method, the status that each answer must have, the body.
--
-- wrk is a closed loop, and wrk 4.1 corrects its latencies after the run (stats_correct in its
-- stats.c): for each that took at least twice the mean interval at which a connection sends, it
-- counts those that this connection would have seen had it gone on sending meanwhile. Its
-- percentiles, those of --latency too, are corrected ones. Here they are as measured.
local ffi = require("ffi")
ffi.cdef("typedef struct { uint64_t count, limit, min, max, data[]; } recorded;")

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  connections, expected, refused = tonumber(args[1]), tonumber(args[3]), 0
  wrk.method = args[2]
  wrk.body = wrk.method == "POST" and (args[4] or "") or nil
  -- Only where wrk's own count of those above 399 does not do: that a script sees each answer
  -- takes a quarter of wrk's speed.
  response = expected ~= 200 and function(status)
    if status ~= expected then refused = refused + 1 end
  end or nil
end

-- Takes away what stats_correct added, from the greatest latency on downwards.
local function undo(stats, interval)
  for value = tonumber(stats.max), 2 * interval, -1 do
    local count, earlier = stats.data[value], value - interval
    while count > 0 and earlier > interval do
      stats.data[earlier] = stats.data[earlier] - count
      stats.count = stats.count - count
      earlier = earlier - interval
    end
  end
end

function done(summary, latency, _)
  local errors, requests = summary.errors, summary.requests
  local refused = errors.status
  if threads[1]:get("expected") ~= 200 then refused = threads[1]:get("refused") end
  local each = math.floor(requests / threads[1]:get("connections"))
  local stats = ffi.cast("recorded **", latency)[0]
  if each > 0 then undo(stats, math.floor(summary.duration / each)) end
  assert(tonumber(stats.count) + errors.timeout == requests, "wrk corrects in another way")
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "failed": %d}\n',
    requests, summary.duration, latency:percentile(50), latency:percentile(99),
    refused, errors.connect + errors.read + errors.write + errors.timeout))
end

"""The names of all keys in Redis; a name that ends in a colon is the first part of many keys."""

from __future__ import annotations

NAMESPACE = "sysmon:queue"  # of Dramatiq's own keys
RESULTS = "sysmon:result"  # of the keys of Dramatiq's result backend

TASK = "sysmon:task:"  # hash per task: its record
OPEN = "sysmon:open"  # sorted set: tasks that have not ended, by the time of submission
CLIENT = "sysmon:open:"  # sorted set per client: its tasks that have not ended, likewise
ANONYMOUS = "sysmon:anonymous"  # sorted set: tasks without an owner that have not ended, likewise
LINE = "sysmon:line:"  # list per queue and client: messages that wait, the oldest first
TURNS = "sysmon:turns:"  # list per queue: clients with such a line; the last is the next
SLOTS = "sysmon:slots:"  # set per queue and client: tasks handed to a worker, until they end
LEASES = "sysmon:leases"  # sorted set: tasks that run, by the time at which their lease ends
WORKERS = "sysmon:workers"  # sorted set: workers and their threads, by their last heartbeat
MISSING = "sysmon:missing:"  # string per such worker: JSON, what its host lacks, by metric
ENDED = "sysmon:ended"  # hash: how many tasks ended, by metric and final state
FINISHED = "sysmon:finished:"  # sorted set per client, of "anonymous" and of "users", by expiry
FINISHED_BYTES = "sysmon:finished-bytes"  # hash: the bytes of these, with their results
WAKE = "sysmon:wake:"  # list per queue: a token for each message, on which idle workers block
LOGIN_COUNTERS = "sysmon:guesses"  # strings of a fixed size: counted log-ins, by rule and time
STOPPED = "sysmon:stopped:"  # list per task: an element once its processes are gone
CANCELLED = "sysmon:cancelled"  # channel: ids of tasks whose run must stop

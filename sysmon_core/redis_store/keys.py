"""The names of all keys in Redis; a name that ends in a colon is the first part of many keys."""

from __future__ import annotations

NAMESPACE = "sysmon:queue"  # of Dramatiq's own keys
RESULTS = "sysmon:result"  # of the keys of Dramatiq's result backend

TASK = "sysmon:task:"  # hash per task: its record
TASKS = "sysmon:tasks"  # sorted set: ids of all tasks, by their order of submission
TASKS_OF = "sysmon:tasks:"  # sorted set per client: ids of its tasks, likewise
SAMPLES = "sysmon:samples:"  # list per task: what samples have come, in batches
TEXT = "sysmon:text:"  # list per task that has not succeeded: the parts of its text
RUNNING_BYTES = "sysmon:running-bytes"  # hash: the bytes of both, by running task and in all
IDEMPOTENCY = "sysmon:idempotency:"  # string per user and key: the task, and a digest of the body
OPEN = "sysmon:open"  # sorted set: id, queue and client of unended tasks, by time of submission
OPEN_OF_CLIENT = "sysmon:open:"  # sorted set per client: ids of its unended tasks, likewise
OPEN_ANONYMOUS = "sysmon:anonymous"  # sorted set: ids of unended tasks without an owner, likewise
LINE = "sysmon:line:"  # list per queue and client: messages that wait, the oldest first
TURNS = "sysmon:turns:"  # list per queue: clients with such a line; the last is the next
SLOTS = "sysmon:slots:"  # set per queue and client: tasks handed to a worker, until they end
LEASES = "sysmon:leases"  # sorted set: tasks that run, by the time at which their lease ends
WORKERS = "sysmon:workers"  # sorted set: workers and their threads, by their last heartbeat
UNAVAILABLE = "sysmon:missing:"  # string per such worker: JSON, what its host lacks
ENDED = "sysmon:ended"  # hash: how many tasks ended, by metric and final state
FINISHED = "sysmon:finished:"  # sorted set per client, of "anonymous" and of "users", by expiry
FINISHED_BYTES = "sysmon:finished-bytes"  # hash: the bytes of these, with their results
WAKE = "sysmon:wake:"  # list per queue: a token for each message, on which idle workers block
LOGIN_COUNTERS = "sysmon:guesses"  # strings of a fixed size: counted log-ins, by rule and time
STOPPED = "sysmon:stopped:"  # list per task: an element once its processes are gone
READY = "sysmon:ready"  # string that /readyz writes, to learn whether Redis accepts it
ENDED_TASKS = "sysmon:ended-tasks"  # channel: ids of tasks that have ended
CANCELLED = "sysmon:cancelled"  # channel: ids of tasks whose run must stop

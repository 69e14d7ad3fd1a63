"""The names of everything that tasks keep in Redis."""

from __future__ import annotations

NAMESPACE = "sysmon:queue"  # Dramatiq's own keys lie below it
RESULTS = "sysmon:result"  # and its result backend's below this

TASK = "sysmon:task:"  # a hash per task: its record
OPEN = "sysmon:open"  # sorted set: tasks that have not ended, by the time of submission
CLIENT = "sysmon:open:"  # the same per client
ANONYMOUS = "sysmon:anonymous"  # the same of those that no user owns
LINE = "sysmon:line:"  # a list per queue and client: messages that wait, the oldest first
TURNS = "sysmon:turns:"  # a list per queue: clients with such a line, whose turn it is last
SLOTS = "sysmon:slots:"  # a set per queue and client: tasks that a worker was given, until they end
LEASES = (
    "sysmon:leases"  # sorted set: tasks that run, by the time at which their worker counts as lost
)
WORKERS = "sysmon:workers"  # sorted set: workers and their threads, by their last heartbeat
MISSING = "sysmon:missing:"  # a string per such worker: JSON, what its host lacks, by metric
ENDED = "sysmon:ended"  # a hash: how many tasks ended, by metric and final state
FINISHED = "sysmon:finished:"  # sorted sets: records of finished tasks, by the time they expire
FINISHED_BYTES = "sysmon:finished-bytes"  # a hash: how large these are, with their results
WAKE = "sysmon:wake:"  # a list per queue: a token for each message, so that idle workers can block
GUESSES = "sysmon:guesses"  # counters of passwords tried: strings of a fixed size, by rule and time
STOPPED = "sysmon:stopped:"  # a list per task: an element once its processes are gone
CANCELLED = "sysmon:cancelled"  # channel: ids of tasks whose run must stop

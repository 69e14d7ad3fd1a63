"""The names of everything that tasks keep in Redis."""

from __future__ import annotations

NAMESPACE = "sysmon:queue"  # Dramatiq's own keys lie below it
HEARTBEATS = f"{NAMESPACE}:__heartbeats__"  # sorted set: its workers, by their last command
RESULTS = "sysmon:result"  # and its result backend's below this

TASK = "sysmon:task:"  # a hash per task: its record
OPEN = "sysmon:open"  # sorted set: tasks that have not ended, by the time of submission
CLIENT = "sysmon:open:"  # the same per client
LEASES = (
    "sysmon:leases"  # sorted set: tasks that run, by the time at which their worker counts as lost
)
ENDED = "sysmon:ended"  # a hash: how many tasks ended, by metric and final state
WAKE = "sysmon:wake:"  # a list per queue: a token for each message, so that idle workers can block
GUESSES = "sysmon:guesses"  # counters of passwords tried: strings of a fixed size, by rule and time
STOPPED = "sysmon:stopped:"  # a list per task: an element once its processes are gone
CANCELLED = "sysmon:cancelled"  # channel: ids of tasks whose run must stop

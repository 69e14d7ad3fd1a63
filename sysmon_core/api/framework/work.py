"""Classes of work: what may wait has threads of its own, and a bounded queue before them.

A bulkhead (Nygard, Release It!, 5.3): whatever floods or hangs one class, the others go on.
"""

from __future__ import annotations

from dataclasses import dataclass

# That may wait for the threads of one class: half of the server's ``connection_limit``, so that
# 1,000 clients are served which all ask for the same at once, and as many others can connect.
QUEUE_REQUESTS = 1000


@dataclass(frozen=True)
class Work:
    """A class of work: its name, and how many of it are done at once."""

    name: str
    threads: int
    queue: int = QUEUE_REQUESTS


AT_ONCE = Work("at once", 0)  # it never waits: the server's own threads do it
TASKS = Work("tasks", 2)  # it asks Redis, which answers soon or not at all
USERS = Work("users", 4)  # it asks the users' database, likewise
CHANGE = Work("change", 16)  # it waits for a hash, or for a worker to stop
DOCUMENT = Work("document", 1)  # the API document and the files of its page, which are large
LOGIN = Work("login", 64)  # passwords that have to be looked at

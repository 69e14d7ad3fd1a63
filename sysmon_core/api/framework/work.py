"""Classes of work: each has its own threads, and a bounded queue of requests before them.

These are bulkheads (Nygard, Release It!, 5.3): where one class is flooded or hangs, others go on.
"""

from __future__ import annotations

from dataclasses import dataclass

# That may wait for the threads of one class: half of the server's ``connection_limit``, so that
# 1,000 clients are served which all ask for the same at once, and as many others can connect.
QUEUE_REQUESTS = 1000


@dataclass(frozen=True)
class Work:
    """A class of work.

    Args:
        name: also the name of its threads.
        threads: requests that are worked on at once.
        queue: requests that may wait for a thread.
    """

    name: str
    threads: int
    queue: int = QUEUE_REQUESTS


AT_ONCE = Work("at once", 0)  # it never waits, and runs in the server's thread
TASKS = Work("tasks", 2)  # it waits for Redis, which answers soon or not at all
USERS = Work("users", 4)  # it waits for the users' database, likewise
CHANGE = Work("change", 16)  # it waits for a hash, or for a worker to stop
DOCUMENT = Work("document", 1)  # the API document and the files of its page, which are large
LOGIN = Work("login", 64)  # it checks passwords

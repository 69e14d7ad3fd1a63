"""Classes of work: each has its own threads, and a bounded queue of requests before them.

These are bulkheads (Nygard, Release It!, 5.3): where one class is flooded or hangs, others go on.
"""

from __future__ import annotations

from dataclasses import dataclass

# Requests that may wait for the threads of one class: half of the server's ``connection_limit``,
# so that 1,000 clients which all ask for the same are served, and as many others can connect.
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


IMMEDIATE = Work("immediate", 0)  # it never blocks, and runs in the server's own thread
TASKS = Work("tasks", 2)  # it waits for Redis, which answers within milliseconds or times out
WAITED = Work("waited", 2)  # it shows tasks whose end was waited for, as TASKS does
USERS = Work("users", 4)  # it waits for the users' database, likewise
CHANGE = Work("change", 16)  # it waits for a hash, or for a worker to stop
DECLARATIONS = Work("declarations", 2)  # it may ask plugins whether the host can have a metric
PAGES = Work("pages", 12)  # it asks what the page shows: quick metrics, Redis, the users' database
DOCUMENT = Work("document", 1)  # the API document and the files of its page, which are large
LOGIN = Work("login", 64)  # it checks passwords, and looks up tokens

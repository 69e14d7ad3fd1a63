"""Tasks on Dramatiq and Redis: their records, the queue, and their runs in a worker."""

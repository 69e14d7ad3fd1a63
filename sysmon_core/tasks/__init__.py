"""Tasks on Dramatiq and Redis: their records, the queue, and what runs them in a worker."""

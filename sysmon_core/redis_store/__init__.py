"""Redis: its clients, the names of our keys, scripts, and the counters of log-ins."""

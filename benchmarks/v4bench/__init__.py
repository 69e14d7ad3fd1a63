"""The benchmark of version 4: rows as they come, waits, polls, lists."""

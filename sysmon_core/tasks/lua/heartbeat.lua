-- Record that a worker lives, and forget workers whose heartbeat is long over.
-- ARGV: the worker's member of the sorted set: its threads for long tasks, a space, its name.
redis.call('ZREMRANGEBYSCORE', WORKERS, '-inf', now() - 60)
redis.call('ZREMRANGEBYSCORE', WORKERS, now() + SLACK_SECONDS, '+inf')
redis.call('ZADD', WORKERS, now(), ARGV[1])

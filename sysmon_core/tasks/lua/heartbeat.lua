-- Record that a worker lives and what its host lacks, and forget workers that ended long ago.
-- ARGV: the worker's member of the sorted set (its threads for long tasks, a space, its name); what
-- its host lacks, as JSON; for how many seconds this is kept.
redis.call('SET', UNAVAILABLE .. ARGV[1], ARGV[2], 'EX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', WORKERS, '-inf', now() - 60)
redis.call('ZREMRANGEBYSCORE', WORKERS, now() + SLACK_SECONDS, '+inf')
redis.call('ZADD', WORKERS, now(), ARGV[1])

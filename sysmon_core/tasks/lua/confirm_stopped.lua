-- Announce that the processes of a cancelled task are gone.
-- ARGV: id.
redis.call('RPUSH', STOPPED .. ARGV[1], 1)
redis.call('EXPIRE', STOPPED .. ARGV[1], 10)

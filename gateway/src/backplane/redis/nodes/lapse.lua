-- Marks a lease as lapsed for good, so that its entries may be swept; or forgets it after that.
-- KEYS: 1 leases, 2 nodes
-- ARGV: 1 lease; 2 `ended` where it has to have ended, `given` where its node gives it up, `swept`
-- Returns 1 where it is lapsed now.

if ARGV[2] == 'swept' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
  return 1
end
local time = redis.call('TIME')
local ends = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
if ARGV[2] == 'ended' and ends > time[1] * 1000 + time[2] / 1000 then
  return 0
end
if ends > 0 then
  redis.call('ZADD', KEYS[1], 0, ARGV[1])
end
return 1

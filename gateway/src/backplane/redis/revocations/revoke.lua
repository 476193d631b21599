-- Refuses a user's tokens up to a time; the newest such time counts.
-- KEYS: 1 the user's revocation; 2 all revocations, by the Unix ms at which they came
-- ARGV: 1 user, 2 before in Unix seconds, 3 the Unix ms until which it matters, 4 ms for which all are kept

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = tonumber(redis.call('GET', KEYS[1]) or -1)

if tonumber(ARGV[2]) > before then
  redis.call('SET', KEYS[1], ARGV[2])
  redis.call('PEXPIREAT', KEYS[1], ARGV[3])
end
redis.call('ZADD', KEYS[2], now, ARGV[2] .. ':' .. ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])

-- Reads the revocations that have come since a time.
-- KEYS: 1 all revocations
-- ARGV: 1 Unix ms, or '' for none
-- Returns {Unix ms now, before:user, ...}.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = ARGV[1] ~= '' and redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf') or {}
table.insert(found, 1, now)
return found

-- Renews a node's lease, or only looks.
-- KEYS: 1 leases, a sorted set by the time at which each ends; 2 nodes, lease to the node's record
-- ARGV: 1 lease or '' to look, 2 its ms, 3 the node as JSON, 4 1 where the lease is new
-- Returns {1 where it is held, lease, ms that are left or 0 where it has lapsed, node, ...}.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = 1

if ARGV[1] ~= '' then
  -- One that has ended and that nobody has begun to sweep, which `lapse` marks with 0, goes on.
  local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
  if ARGV[4] == '1' or (ends and tonumber(ends) > 0) then
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
    redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
  else
    held = 0
  end
end

local reply = {held}
local leases = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for index = 1, #leases, 2 do
  reply[#reply + 1] = leases[index]
  reply[#reply + 1] = math.max(0, tonumber(leases[index + 1]) - now)
  reply[#reply + 1] = redis.call('HGET', KEYS[2], leases[index]) or ''
end
return reply

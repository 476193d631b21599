-- Says how much waits in streams of events, and goes on with the leases that the node has of them.
-- KEYS: for each its counter, its stream and its lease
-- ARGV: 1 node, 2 ms for which its leases hold from now on, or 0
-- Returns for each {events, bytes, ms of the oldest or 0, 1 where this node may take it and there is something to tell}.

local found = {}
for at = 1, #KEYS, 3 do
  local events = redis.call('XLEN', KEYS[at + 1])
  local held = redis.call('HMGET', KEYS[at], 'b', 'kn', 'an', 'l', 'e')
  local oldest = 0
  if events > 0 then
    oldest = time_of(redis.call('XRANGE', KEYS[at + 1], '-', '+', 'COUNT', 1)[1])
  end
  local holder = redis.call('GET', KEYS[at + 2])
  if holder == ARGV[1] and ARGV[2] ~= '0' then
    redis.call('PEXPIRE', KEYS[at + 2], ARGV[2])
  end
  local free = not holder or holder == ARGV[1]
  local something = events > 0 or held[2] or held[3]
  found[#found + 1] = events
  found[#found + 1] = tonumber(held[1] or 0)
  found[#found + 1] = oldest
  found[#found + 1] = free and something and 1 or 0
end
return found

-- Ends a node's lease of a stream.
-- KEYS: 1 the lease
-- ARGV: 1 node

if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end

-- Forgets a channel's messages; its counter goes on.
-- KEYS: 1 counter, 2 stream
-- ARGV: 1 nonce, 2 ttl in ms

local _, top = open(KEYS[1], KEYS[2], ARGV[1], epochs_end())
redis.call('DEL', KEYS[2])
refresh(KEYS[1], tonumber(ARGV[2]), top)

-- Takes a tag out of the index of those that may hold events, where nothing has been added since.
-- KEYS: 1 the index, tag to the Unix ms at which something was added
-- ARGV: 1 tag, 2 the ms before which that has to be

local added = redis.call('ZSCORE', KEYS[1], ARGV[1])
if added and tonumber(added) < tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
end
